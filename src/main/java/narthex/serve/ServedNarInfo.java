package narthex.serve;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import narthex.nix.NarInfo;
import narthex.nix.Nix32;
import narthex.nix.Sha256;

/** The text of a narinfo as sent to clients. Immutable. */
public final class ServedNarInfo {
  private static final int TAG_BYTES = 20;

  private final Sha256 narHash;
  private final byte[] body;
  private final String entityTag;
  private final boolean isFinal;

  private ServedNarInfo(Sha256 narHash, byte[] body, String entityTag, boolean isFinal) {
    this.narHash = narHash;
    this.body = body;
    this.entityTag = entityTag;
    this.isFinal = isFinal;
  }

  /** Renders a narinfo. */
  static ServedNarInfo of(NarInfo narInfo) {
    return of(narInfo, false);
  }

  /**
   * Renders a narinfo.
   *
   * @param isFinal see {@link #isFinal}
   */
  static ServedNarInfo of(NarInfo narInfo, boolean isFinal) {
    byte[] body = narInfo.print().getBytes(StandardCharsets.UTF_8);
    byte[] tag = Arrays.copyOf(Sha256.newDigest().digest(body), TAG_BYTES);
    return new ServedNarInfo(narInfo.nar().hash(), body, '"' + Nix32.encode(tag) + '"', isFinal);
  }

  /** Parses the text. */
  public NarInfo narInfo() {
    return NarInfo.parse(new String(body, StandardCharsets.UTF_8));
  }

  /** The NarHash. */
  Sha256 narHash() {
    return narHash;
  }

  /**
   * Whether it may be sent unchanged in every mode, because it names the NAR itself or the frames
   * of stored chunks.
   */
  public boolean isFinal() {
    return isFinal;
  }

  /** Whether the body equals these bytes. */
  public boolean hasBody(byte[] bytes) {
    return Arrays.equals(body, bytes);
  }

  /** A copy of the body. */
  public byte[] bytes() {
    return body.clone();
  }

  /** Length of the body in bytes. */
  public int length() {
    return body.length;
  }

  /** The strong entity tag of the body, in quotes. */
  public String entityTag() {
    return entityTag;
  }

  /** Writes the body; does not close the stream. */
  public void writeTo(OutputStream out) throws IOException {
    out.write(body);
  }
}
