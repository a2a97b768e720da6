package narthex.stream;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import narthex.nix.NarText;
import narthex.testing.NarTree;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NarReaderTest {
  private static final NarReader.Visitor NOBODY = new NarReader.Visitor() {};
  private static final NarTree TREE =
      NarTree.directory(
          Map.of(
              "bin", NarTree.directory(Map.of("run", NarTree.executable(new byte[13]))),
              "link", NarTree.symlink("bin/run"),
              "text", NarTree.file("twelve bytes")));

  /** Records the calls, and reads all, half or nothing of each file. */
  private static final class Lines implements NarReader.Visitor {
    private final List<String> lines = new ArrayList<>();
    private final byte[] nar;

    Lines(byte[] nar) {
      this.nar = nar;
    }

    @Override
    public void beginDirectory(String name) {
      lines.add("d " + name);
    }

    @Override
    public void endDirectory() {
      lines.add("end");
    }

    @Override
    public void file(NarReader.RegularFile file, InputStream contents) throws IOException {
      int from = (int) file.offset();
      byte[] expected = Arrays.copyOfRange(nar, from, from + (int) file.sizeBytes());
      switch (lines.size() % 3) {
        case 0 -> assertArrayEquals(expected, contents.readAllBytes());
        case 1 -> contents.readNBytes(expected.length / 2);
        default -> {}
      }
      lines.add(RandomTree.File.line(file.name(), file.executable(), expected));
    }

    @Override
    public void symlink(String name, String target) {
      lines.add("l " + name + " " + target);
    }
  }

  private static long read(byte[] nar) throws IOException {
    return NarReader.read(new ByteArrayInputStream(nar), NOBODY);
  }

  private static NotNarException refused(byte[] nar) {
    NotNarException e = assertThrows(NotNarException.class, () -> read(nar));
    String message = String.valueOf(e.getMessage());
    assertTrue(message.startsWith("not a NAR: "), message);
    assertFalse(message.chars().anyMatch(Character::isISOControl), message);
    assertTrue(message.length() < 200, message);
    return e;
  }

  @Property
  void whatWasWrittenIsReadBack(@ForAll("trees") RandomTree tree) throws IOException {
    byte[] nar = tree.narTree().nar();
    List<String> expected = new ArrayList<>();
    tree.tell("", expected);

    for (InputStream in : List.of(new ByteArrayInputStream(nar), new TricklingInputStream(nar))) {
      Lines lines = new Lines(nar);
      assertEquals(nar.length, NarReader.read(in, lines));
      assertEquals(expected, lines.lines);
    }
  }

  @Property
  void changedBytesAreReadOrRefused(
      @ForAll("trees") RandomTree tree,
      @ForAll @IntRange(max = 100_000) int at,
      @ForAll byte[] change)
      throws IOException {
    byte[] nar = tree.narTree().nar();
    int from = at % nar.length;
    System.arraycopy(change, 0, nar, from, Math.min(change.length, nar.length - from));

    try {
      assertEquals(nar.length, read(nar));
    } catch (NotNarException e) {
      assertTrue(e.offset() <= nar.length, e.getMessage());
    }
  }

  @Property
  void arbitraryBytesAreRefused(@ForAll byte[] bytes) {
    refused(bytes);
    refused(concat(Arrays.copyOf(NarTree.file("").nar(), 24), bytes));
  }

  @Test
  void everyTruncationIsRefused() {
    byte[] nar = TREE.nar();
    for (int length = 0; length < nar.length; length++) {
      NotNarException e = refused(Arrays.copyOf(nar, length));
      assertEquals("not a NAR: unexpected end at byte " + length, e.getMessage());
    }
  }

  @Test
  void anythingBehindTheEndIsRefused() {
    for (NarTree tree : List.of(TREE, NarTree.file("x"), NarTree.symlink("y"))) {
      byte[] nar = tree.nar();
      NotNarException e = refused(concat(nar, new byte[1]));
      assertEquals("not a NAR: trailing bytes at byte " + nar.length, e.getMessage());
    }
  }

  @Test
  void paddingMustBeZero() {
    byte[] nar = NarTree.file("abc").nar();
    int contents = indexOf(nar, "abc");
    for (int i = 3; i < 8; i++) {
      byte[] changed = nar.clone();
      changed[contents + i] = 1;
      refused(changed);
    }
    nar[contents] = 1;
    assertEquals(nar.length, assertReads(nar));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "a/b", "/", "a\0", "\0"})
  void namesThatAreNoneAreRefused(String name) {
    String message = refused(directory(bytes(name))).getMessage();
    assertTrue(String.valueOf(message).contains("invalid name"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"...", ".a", "..b", " ", "a\\b", "a\nb", "~", "con"})
  void oddNamesAreNames(String name) throws IOException {
    byte[] nar = directory(bytes(name));
    Lines lines = new Lines(nar);
    NarReader.read(new ByteArrayInputStream(nar), lines);
    assertEquals("l " + name + " t", lines.lines.get(1));
  }

  @Test
  void entriesAreInTheOrderOfTheirBytesAndEachOnce() {
    byte[] high = {(byte) 0xC3};
    assertReads(directory(bytes("A"), bytes("a"), bytes("aa"), bytes("b"), high));
    refused(directory(bytes("b"), bytes("a")));
    refused(directory(bytes("a"), bytes("a")));
    refused(directory(bytes("aa"), bytes("a")));
    refused(directory(high, bytes("a")));
  }

  @Test
  void bytesThatAreNotUtf8AreKept() throws IOException {
    byte[] name = {'a', (byte) 0xC3, 'b', (byte) 0xFF};
    byte[] nar = directory(name);
    Lines lines = new Lines(nar);
    NarReader.read(new ByteArrayInputStream(nar), lines);
    String told = lines.lines.get(1).substring("l ".length()).replaceFirst(" t$", "");
    assertFalse(NarText.isUtf8(told));
    assertArrayEquals(name, NarText.bytes(told));
  }

  @Test
  void lengthsAreBounded() {
    assertReads(directory(bytes("n".repeat(255))));
    refused(directory(bytes("n".repeat(256))));
    assertReads(NarTree.symlink("t".repeat(4095)).nar());
    refused(NarTree.symlink("t".repeat(4096)).nar());
    refused(NarTree.symlink("").nar());
    refused(NarTree.symlink("a\0b").nar());
    byte[] nar = NarTree.file("abc").nar();
    int length = indexOf(nar, "abc") - Long.BYTES;
    for (long lie :
        new long[] {-1, Long.MAX_VALUE, Long.MIN_VALUE, Long.MAX_VALUE - 200, 1L << 40}) {
      byte[] changed = nar.clone();
      ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN).putLong(length, lie);
      refused(changed);
    }
  }

  @Test
  void depthIsBounded() {
    assertReads(nested(NarReader.MAX_DEPTH).nar());
    refused(nested(NarReader.MAX_DEPTH + 1).nar());
  }

  @Test
  void whatTheVisitorThrowsPassesAndNothingMoreIsRead() {
    IOException failure = new IOException("enough");
    NarReader.Visitor thrower =
        new NarReader.Visitor() {
          @Override
          public void file(NarReader.RegularFile file, InputStream contents) throws IOException {
            throw failure;
          }
        };
    byte[] nar = NarTree.mixed(1, 1 << 20).nar();
    ByteArrayInputStream in = new ByteArrayInputStream(nar);
    assertSame(failure, assertThrows(IOException.class, () -> NarReader.read(in, thrower)));
    assertTrue(in.available() > nar.length / 2);
  }

  @Test
  void aFailureOfTheStreamPasses() {
    byte[] nar = TREE.nar();
    for (int at = 0; at < nar.length; at += 7) {
      IOException failure = new IOException("lost");
      FailingInputStream in = new FailingInputStream(Arrays.copyOf(nar, at), failure);
      assertSame(failure, assertThrows(IOException.class, () -> NarReader.read(in, NOBODY)));
    }
  }

  @Test
  void contentsOfManyBuffersAreSkippedOrRead() throws IOException {
    byte[] nar =
        NarTree.directory(
                Map.of("a", NarTree.mixed(1, 300_001), "b", NarTree.mixed(2, 70_000), "c", TREE))
            .nar();
    Lines lines = new Lines(nar);
    assertEquals(nar.length, NarReader.read(new ByteArrayInputStream(nar), lines));
    assertEquals(nar.length, read(nar));
  }

  @Provide
  Arbitrary<RandomTree> trees() {
    return RandomTree.trees();
  }

  private static long assertReads(byte[] nar) {
    try {
      return read(nar);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static NarTree nested(int depth) {
    NarTree tree = NarTree.file("x");
    for (int i = 0; i < depth; i++) {
      tree = NarTree.directory(Map.of("d", tree));
    }
    return tree;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A directory with links of these names in this order; {@link NarTree} would sort them. */
  private static byte[] directory(byte[]... names) {
    ByteArrayOutputStream nar = new ByteArrayOutputStream();
    strings(nar, "nix-archive-1", "(", "type", "directory");
    for (byte[] name : names) {
      strings(nar, "entry", "(", "name");
      string(nar, name);
      strings(nar, "node", "(", "type", "symlink", "target", "t", ")", ")");
    }
    strings(nar, ")");
    return nar.toByteArray();
  }

  private static void strings(ByteArrayOutputStream nar, String... texts) {
    for (String text : texts) {
      string(nar, bytes(text));
    }
  }

  private static void string(ByteArrayOutputStream nar, byte[] bytes) {
    byte[] length =
        ByteBuffer.allocate(Long.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(bytes.length)
            .array();
    nar.writeBytes(length);
    nar.writeBytes(bytes);
    nar.writeBytes(new byte[(8 - bytes.length % 8) % 8]);
  }

  private static int indexOf(byte[] nar, String text) {
    return new String(nar, StandardCharsets.ISO_8859_1).indexOf(text);
  }

  private static byte[] concat(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }
}
