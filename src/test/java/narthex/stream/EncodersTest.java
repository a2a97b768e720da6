package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import narthex.nix.Compression;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class EncodersTest {
  @ParameterizedTest
  @EnumSource(names = {"NONE", "ZSTD", "XZ", "GZIP"})
  void decodingWhatWasEncodedGivesTheSameBytes(Compression compression) throws IOException {
    byte[] plain = Samples.plain();
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(compression, target)) {
      out.write(plain, 0, 1000);
      out.flush();
      out.write(plain[1000]);
      out.write(plain, 1001, plain.length - 1001);
    }

    assertArrayEquals(plain, Samples.decoded(compression, target.toByteArray()));
  }

  @Property(tries = 200)
  void zstdGivesBackWhateverWasWritten(@ForAll byte[] bytes) throws IOException {
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    try (OutputStream out = Encoders.encode(Compression.ZSTD, target)) {
      out.write(bytes);
    }

    assertArrayEquals(bytes, Samples.decoded(Compression.ZSTD, target.toByteArray()));
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "ZSTD", "XZ", "GZIP"})
  void nothingWrittenIsAWholeStreamOfNothing(Compression compression) throws IOException {
    ByteArrayOutputStream target = new ByteArrayOutputStream();
    Encoders.encode(compression, target).close();

    assertEquals(0, Samples.decoded(compression, target.toByteArray()).length);
  }

  @ParameterizedTest
  @EnumSource(names = {"NONE", "ZSTD", "XZ", "GZIP"})
  void closingClosesTheTargetOnce(Compression compression) throws IOException {
    RecordingOutputStream target = new RecordingOutputStream();
    OutputStream out = Encoders.encode(compression, target);

    out.close();
    out.close();

    assertEquals(1, target.closed);
  }

  @ParameterizedTest
  @EnumSource(names = {"ZSTD", "XZ", "GZIP"})
  void aDiscardedStreamDoesNotLookWhole(Compression compression) throws IOException {
    RecordingOutputStream target = new RecordingOutputStream();
    try (EncodingOutputStream out = Encoders.encode(compression, target)) {
      out.write(Samples.plain());
      out.flush();
      out.discard();
    }

    assertEquals(0, target.closed);
    assertTrue(target.bytes.size() > 0);
    assertThrows(
        CorruptEncodingException.class,
        () -> Samples.decoded(compression, target.bytes.toByteArray()));
  }

  @ParameterizedTest
  @EnumSource(names = {"ZSTD", "XZ", "GZIP"})
  void aTargetThatFailsIsClosedAndItsExceptionIsSeen(Compression compression) throws IOException {
    RecordingOutputStream target = new RecordingOutputStream();
    EncodingOutputStream out = Encoders.encode(compression, target);
    out.write(1);
    IOException trouble = new IOException("no space left");
    target.failure = trouble;

    IOException seen = assertThrows(IOException.class, out::close);

    assertSame(trouble, seen);
    assertEquals(1, target.closed);
  }

  @Test
  void whatIsNeverWrittenIsRefused() {
    for (Compression compression :
        new Compression[] {Compression.BZIP2, Compression.BR, Compression.LZ4}) {
      assertThrows(
          IllegalArgumentException.class,
          () -> Encoders.encode(compression, new RecordingOutputStream()));
    }
  }

  private static final class RecordingOutputStream extends OutputStream {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private int closed;
    private @Nullable IOException failure;

    @Override
    public void write(int value) throws IOException {
      if (failure != null) {
        throw failure;
      }
      bytes.write(value);
    }

    @Override
    public void close() {
      closed++;
    }
  }
}
