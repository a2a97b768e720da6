package narthex.testing.node;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import narthex.nix.Compression;
import narthex.nix.NarFile;
import narthex.nix.NarFileName;
import narthex.nix.NarId;
import narthex.nix.NarInfo;
import narthex.nix.SecretKey;
import narthex.nix.Signature;
import narthex.nix.StorePathHash;
import narthex.testing.FaultyUpstream;
import narthex.testing.NarFixture;
import narthex.testing.NarTree;

/** A NAR, its compressed file, and the narinfo that upstreams give of it. Immutable. */
public final class Sample {
  /** The key of every upstream. */
  public static final SecretKey KEY = SecretKey.generate("upstream-1", new SecureRandom());

  /** Several read buffers, in parts that do and do not compress. */
  private static final int NAR_BYTES = 200_000;

  private final NarInfo narInfo;
  private final byte[] nar;
  private final byte[] file;

  private Sample(NarInfo narInfo, byte[] nar, byte[] file) {
    this.narInfo = narInfo;
    this.nar = nar;
    this.file = file;
  }

  /** A NAR of some 200 kB, always the same for the same seed. */
  public static Sample of(long seed, Compression compression) {
    return of("sample-" + seed, NarTree.mixed(seed, NAR_BYTES).nar(), compression);
  }

  /** A store path of this name with this NAR. */
  public static Sample of(String name, byte[] nar, Compression compression) {
    NarFixture fixture = NarFixture.of(name, nar, compression);
    String url = "nar/" + fixture.fileHash().nix32() + ".nar" + compression.extension();
    return new Sample(fixture.narInfo(url, KEY), fixture.nar(), fixture.file());
  }

  /** The same NAR and file with a narinfo that says something else of its file. */
  public Sample saying(UnaryOperator<NarFile> lie) {
    return new Sample(narInfo.withFile(lie.apply(narInfo.file())), nar, file);
  }

  /** The same with a narinfo, signed by the same key, that says this of the NAR. */
  public Sample sayingNar(NarId lie) {
    NarInfo lying =
        new NarInfo(
            narInfo.storePath(),
            narInfo.file(),
            lie,
            narInfo.references(),
            narInfo.deriver(),
            List.of(),
            narInfo.ca());
    return new Sample(lying.withSignatures(List.of(KEY.sign(lying.fingerprint()))), nar, file);
  }

  /** The same with a narinfo, signed by the same key, that refers to these paths. */
  public Sample referringTo(Sample... others) {
    NarInfo referring =
        new NarInfo(
            narInfo.storePath(),
            narInfo.file(),
            narInfo.nar(),
            Arrays.stream(others).map(other -> other.narInfo.storePath().baseName()).toList(),
            narInfo.deriver(),
            List.of(),
            narInfo.ca());
    Signature signature = KEY.sign(referring.fingerprint());
    return new Sample(referring.withSignatures(List.of(signature)), nar, file);
  }

  /** Makes the upstream serve the file and the narinfo. */
  public Sample publish(FaultyUpstream upstream) {
    upstream.put(narTarget(), file).put(narInfoTarget(), narInfo.print());
    return this;
  }

  /** What upstreams say of it. */
  public NarInfo narInfo() {
    return narInfo;
  }

  /** The hash of its store path. */
  public StorePathHash hash() {
    return narInfo.storePath().hash();
  }

  /** NarHash and NarSize as the narinfo says them. */
  public NarId id() {
    return narInfo.nar();
  }

  /** The compression of the file. */
  public Compression compression() {
    return narInfo.file().compression();
  }

  /** How many bytes the file has in truth. */
  public int fileBytes() {
    return file.length;
  }

  /** How many bytes the NAR has in truth. */
  public int narBytes() {
    return nar.length;
  }

  /** The upstream's target of the NAR file. */
  public String narTarget() {
    return "/" + narInfo.file().url();
  }

  /** The upstream's target of the narinfo. */
  public String narInfoTarget() {
    return "/" + hash().text() + ".narinfo";
  }

  /** The name of the file at the server, where the upstream's URL is a conventional one. */
  public NarFileName fileName() {
    return NarFileName.parse(narInfo.file().url().substring("nar/".length()));
  }

  /** The name of the plain NAR at the server. */
  public NarFileName narName() {
    return new NarFileName(fileName().stem(), Compression.NONE);
  }

  /** The true bytes under a name from an offset on. */
  public byte[] bytes(NarFileName name, long from) {
    byte[] all = name.compression() == Compression.NONE ? nar : file;
    return Arrays.copyOfRange(all, (int) from, all.length);
  }
}
