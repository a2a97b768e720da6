package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import narthex.chunk.FrameCrc;
import narthex.db.ChunkGroup;
import narthex.db.ChunkPlace;
import narthex.maintain.Finding.Kind;
import narthex.maintain.Fsck.Depth;
import narthex.nix.Sha256;
import narthex.stream.ZstdFrames;
import org.junit.jupiter.api.Test;

class FrameCheckTest {
  private static final byte[][] CHUNKS = {bytes("one chunk"), bytes("another"), bytes("a third")};

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] frame(byte[]... chunks) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] chunk : chunks) {
      all.writeBytes(chunk);
    }
    byte[] frame = new byte[ZstdFrames.largestFrame(all.size())];
    try (ZstdFrames encoder = new ZstdFrames(19)) {
      return Arrays.copyOf(frame, encoder.encode(all.toByteArray(), 0, all.size(), frame, 0));
    }
  }

  /** The rows of the chunks, with this frame. */
  private static List<ChunkPlace> places(byte[] frame) {
    int crc = FrameCrc.of(frame, frame.length);
    int length = Arrays.stream(CHUNKS).mapToInt(chunk -> chunk.length).sum();
    List<ChunkPlace> places = new ArrayList<>();
    int at = 0;
    for (byte[] chunk : CHUNKS) {
      Sha256 hash = Sha256.of(Sha256.newDigest().digest(chunk));
      ChunkGroup group = new ChunkGroup(frame.length, length, crc, at);
      places.add(new ChunkPlace(at + 1, hash, "pack", 0, 9, chunk.length, 0, group));
      at += chunk.length;
    }
    return places;
  }

  private static List<Optional<Kind>> check(FrameCheck check, List<ChunkPlace> places) {
    return places.stream().map(check::check).toList();
  }

  @Test
  void aGroupIsDecodedOnceForAllItsChunks() throws Exception {
    byte[] frame = frame(CHUNKS);
    List<ChunkPlace> places = places(frame);
    try (FrameCheck check = new FrameCheck(Depth.DEEP)) {
      check.take(frame, places.get(0));
      Arrays.fill(frame, (byte) 0); // nothing is decoded from it any more

      assertEquals(
          List.of(Optional.empty(), Optional.empty(), Optional.empty()), check(check, places));
    }
  }

  @Test
  void ofAGroupOnlyTheChunkWithOtherBytesIsWrong() throws Exception {
    byte[] frame = frame(CHUNKS[0], bytes("ANOTHER"), CHUNKS[2]);
    List<ChunkPlace> places = places(frame);
    try (FrameCheck check = new FrameCheck(Depth.HASHES)) {
      check.take(frame, places.get(0));

      assertEquals(
          List.of(Optional.empty(), Optional.of(Kind.WRONG_CHUNK), Optional.empty()),
          check(check, places));
    }
  }

  @Test
  void aFlippedBitDamagesAllChunksOfAGroup() throws Exception {
    byte[] frame = frame(CHUNKS);
    List<ChunkPlace> places = places(frame);
    frame[frame.length / 2] ^= 1;
    try (FrameCheck check = new FrameCheck(Depth.FRAMES)) {
      check.take(frame, places.get(0));

      assertEquals(
          List.of(
              Optional.of(Kind.DAMAGED_FRAME),
              Optional.of(Kind.DAMAGED_FRAME),
              Optional.of(Kind.DAMAGED_FRAME)),
          check(check, places));
    }
  }
}
