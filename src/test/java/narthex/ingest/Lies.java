package narthex.ingest;

import java.util.Arrays;
import java.util.function.LongUnaryOperator;
import java.util.function.UnaryOperator;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;
import org.jspecify.annotations.Nullable;

/** Wrong or missing fields of narinfos, and the expected outcome. */
enum Lies {
  FILE_HASH(Outcome.RIGHT, false, file(file -> withHash(file, other()))),
  /** The response's Content-Length takes precedence over the FileSize of the narinfo. */
  FILE_SIZE_TOO_SMALL(Outcome.RIGHT, false, file(file -> resized(file, -1))),
  FILE_SIZE_TOO_LARGE(Outcome.RIGHT, false, file(file -> resized(file, 1))),
  FILE_SIZE_TOO_SMALL_AND_NO_LENGTH(Outcome.RIGHT, true, file(file -> resized(file, -1))),
  FILE_SIZE_TOO_LARGE_AND_NO_LENGTH(Outcome.RIGHT, true, file(file -> resized(file, 1))),
  NO_HASH(Outcome.RIGHT, false, file(file -> withHash(file, null))),
  NO_SIZE(Outcome.RIGHT, false, file(Lies::withoutSize)),
  NOTHING(Outcome.RIGHT, false, file(file -> withHash(withoutSize(file), null))),
  NOTHING_AND_NO_LENGTH(Outcome.RIGHT, true, file(file -> withHash(withoutSize(file), null))),
  NAR_HASH(Outcome.FAILED, false, nar(nar -> new NarId(other(), nar.sizeBytes()))),
  NAR_SIZE_TOO_SMALL(Outcome.FAILED, false, narSize(size -> size - 8)),
  NAR_SIZE_OF_ONE(Outcome.FAILED, false, narSize(size -> 1)),
  NAR_SIZE_TOO_LARGE(Outcome.FAILED, false, narSize(size -> size + 8)),
  NAR_SIZE_HUGE(Outcome.FAILED, false, narSize(size -> Long.MAX_VALUE / 4));

  /** The outcome for readers of the NAR. */
  final Outcome outcome;

  /** Whether the response has no Content-Length. */
  final boolean chunked;

  private final UnaryOperator<Sample> lie;

  Lies(Outcome outcome, boolean chunked, UnaryOperator<Sample> lie) {
    this.outcome = outcome;
    this.chunked = chunked;
    this.lie = lie;
  }

  /** Whether reading the announced file may fail. */
  boolean isOfTheFile() {
    return switch (this) {
      case FILE_HASH, FILE_SIZE_TOO_SMALL_AND_NO_LENGTH, FILE_SIZE_TOO_LARGE_AND_NO_LENGTH -> true;
      default -> false;
    };
  }

  /** Whether the file is the announced one but contains another NAR. */
  boolean isOfTheNar() {
    return outcome == Outcome.FAILED;
  }

  Sample tell(Sample sample) {
    return lie.apply(sample);
  }

  private static UnaryOperator<Sample> file(UnaryOperator<NarFile> lie) {
    return sample -> sample.saying(lie);
  }

  private static UnaryOperator<Sample> nar(UnaryOperator<NarId> lie) {
    return sample -> sample.sayingNar(lie.apply(sample.id()));
  }

  private static UnaryOperator<Sample> narSize(LongUnaryOperator lie) {
    return nar(nar -> new NarId(nar.hash(), lie.applyAsLong(nar.sizeBytes())));
  }

  private static NarFile withHash(NarFile file, @Nullable Sha256 hash) {
    return new NarFile(file.url(), file.compression(), hash, file.sizeBytes());
  }

  private static NarFile withoutSize(NarFile file) {
    return new NarFile(file.url(), file.compression(), file.hash(), null);
  }

  private static NarFile resized(NarFile file, int by) {
    Long size = file.sizeBytes();
    return new NarFile(
        file.url(), file.compression(), file.hash(), size == null ? null : size + by);
  }

  private static Sha256 other() {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) 1);
    return Sha256.of(bytes);
  }
}
