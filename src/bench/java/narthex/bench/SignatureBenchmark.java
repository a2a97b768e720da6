package narthex.bench;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.EdECPoint;
import java.security.spec.EdECPrivateKeySpec;
import java.security.spec.EdECPublicKeySpec;
import java.security.spec.NamedParameterSpec;
import java.util.concurrent.TimeUnit;
import narthex.nix.NarInfo;
import narthex.nix.PublicKey;
import narthex.nix.SecretKey;
import narthex.nix.Signature;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Signs and verifies a narinfo, including its fingerprint; the yardstick is the JDK's Ed25519. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class SignatureBenchmark {
  private static final int SIGN_BIT = 0x80;

  private final NarInfo narInfo;
  private final SecretKey secretKey;
  private final PublicKey publicKey;
  private final Signature signature;
  private final PrivateKey jdkPrivateKey;
  private final java.security.PublicKey jdkPublicKey;
  private final byte[] jdkSignature;

  /** Creates the same key for Narthex and for the JDK. */
  public SignatureBenchmark() {
    NarInfoSample sample = new NarInfoSample();
    narInfo = sample.narInfo();
    secretKey = sample.key();
    publicKey = secretKey.publicKey();
    signature = narInfo.signatures().get(0);
    try {
      KeyFactory factory = KeyFactory.getInstance("Ed25519");
      byte[] seed = NarInfoSample.first32(secretKey.print());
      jdkPrivateKey =
          factory.generatePrivate(new EdECPrivateKeySpec(NamedParameterSpec.ED25519, seed));
      byte[] point = NarInfoSample.first32(publicKey.print());
      boolean xOdd = (point[point.length - 1] & SIGN_BIT) != 0;
      point[point.length - 1] &= (byte) ~SIGN_BIT;
      jdkPublicKey =
          factory.generatePublic(
              new EdECPublicKeySpec(
                  NamedParameterSpec.ED25519,
                  new EdECPoint(xOdd, new BigInteger(1, reversed(point)))));
      jdkSignature = signYardstickJdk();
      if (!verify() || !verifyYardstickJdk()) {
        throw new IllegalStateException("what is measured does not verify");
      }
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has Ed25519", e);
    }
  }

  /** Narthex: Bouncy Castle's Ed25519. */
  @Benchmark
  public Signature sign() {
    return secretKey.sign(narInfo.fingerprint());
  }

  /** Yardstick. */
  @Benchmark
  public byte[] signYardstickJdk() throws GeneralSecurityException {
    java.security.Signature signing = java.security.Signature.getInstance("Ed25519");
    signing.initSign(jdkPrivateKey);
    signing.update(narInfo.fingerprint().getBytes(StandardCharsets.UTF_8));
    return signing.sign();
  }

  /** Narthex: Bouncy Castle's Ed25519 with a public key that is decoded once. */
  @Benchmark
  public boolean verify() {
    return publicKey.verify(narInfo.fingerprint(), signature);
  }

  /** Yardstick. */
  @Benchmark
  public boolean verifyYardstickJdk() throws GeneralSecurityException {
    java.security.Signature verifying = java.security.Signature.getInstance("Ed25519");
    verifying.initVerify(jdkPublicKey);
    verifying.update(narInfo.fingerprint().getBytes(StandardCharsets.UTF_8));
    return verifying.verify(jdkSignature);
  }

  private static byte[] reversed(byte[] bytes) {
    byte[] result = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      result[i] = bytes[bytes.length - 1 - i];
    }
    return result;
  }
}
