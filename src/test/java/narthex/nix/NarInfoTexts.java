package narthex.nix;

/** Narinfos and keys made by real caches and a real Nix, once. */
final class NarInfoTexts {
  /** From cache.nixos.org, with a second signature. */
  static final String CURL =
      """
      StorePath: /nix/store/syd87l2rxw8cbsxmxl853h0r6pdwhwjr-curl-7.82.0-bin
      URL: nar/05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56.nar.xz
      Compression: xz
      FileHash: sha256:05ra3y72i3qjri7xskf9qj8kb29r6naqy1sqpbs3azi3xcigmj56
      FileSize: 68852
      NarHash: sha256:1b4sb93wp679q4zx9k1ignby1yna3z7c4c2ri3wphylbc2dwsys0
      NarSize: 196040
      References: 0jqd0rlxzra1rs38rdxl43yh6rxchgc6-curl-7.82.0 6w8g7njm4mck5dmjxws0z1xnrxvl81xa-glibc-2.34-115 j5jxw3iy7bbz4a57fh9g2xm2gxmyal8h-zlib-1.2.12 yxvjs9drzsphm9pcf42a4byzj1kb9m7k-openssl-1.1.1n
      Deriver: 5rwxzi7pal3qhpsyfc16gzkh939q1np6-curl-7.82.0.drv
      Sig: cache.nixos.org-1:TsTTb3WGTZKphvYdBHXwo6weVILmTytUjLB+vcX89fOjjRicCHmKA4RCPMVLkj6TMJ4GMX3HPVWRdD1hkeKZBQ==
      Sig: test1:519iiVLx/c4Rdt5DNt6Y2Jm6hcWE9+XY69ygiWSZCNGVcmOcyL64uVAJ3cV8vaTusIZdbTnYo9Y7vDNeTmmMBQ==
      """;

  static final String NIXOS_PUBLIC_KEY =
      "cache.nixos.org-1:6NCHdD59X431o0gWypbMrAURkbJ16ZPMQFGspcDShjY=";

  /** Made by {@code nix-store --generate-binary-cache-key} of Nix 2.8.0 for these tests alone. */
  static final String SECRET_KEY =
      "narthex-test-1:"
          + "NlZcE3Hkh0EctnLJT+KXtf13xkrgQuUS9g5GKr9vlYAawMVj44d9dMV3rstngIhOhFTwtd/Vdw2gk7ni1z9cRQ==";

  /** Its public key, by the same command. */
  static final String PUBLIC_KEY = "narthex-test-1:GsDFY+OHfXTFd67LZ4CIToRU8LXf1XcNoJO54tc/XEU=";

  /** Written and signed with that key by {@code nix copy} of Nix 2.8.0; refers to itself. */
  static final String VECTOR =
      """
      StorePath: /nix/store/70jr248gly7p1vxxxgjjs10n8627dcl0-vector-2.12.1
      URL: nar/07c1y2g4d0bbaqn0h5gb4maqmj1lxkg05i66z9d9p163nlh8wpf9.nar.xz
      Compression: xz
      FileHash: sha256:07c1y2g4d0bbaqn0h5gb4maqmj1lxkg05i66z9d9p163nlh8wpf9
      FileSize: 248
      NarHash: sha256:0bm0xmn5069mc0g7asfmcbwwhqv3xkc0i5xif9skd2b5hwkmdq7h
      NarSize: 272
      References: 70jr248gly7p1vxxxgjjs10n8627dcl0-vector-2.12.1 a4vyk2gcxkv7mx7vwx9girvrvk8sgidr-dep-b fdjk3qnga7mv4mnx16da59b9j6d2vf7c-zdep-a
      Deriver: l4yd2jwpbnx73qxfazg499kw15kizpry-vector-2.12.1.drv
      Sig: narthex-test-1:V/WUKPPHFsgJ+92Go6y9aRdPieU4PuGFRx7lTqtTzLAyGMX5axvTV6Jh5NXt9LOcBZk1eoiOtY7QsvA6QR1FCA==
      """;

  /** Likewise; without references and deriver, content-addressed, not compressed. */
  static final String DEPENDENCY =
      """
      StorePath: /nix/store/a4vyk2gcxkv7mx7vwx9girvrvk8sgidr-dep-b
      URL: nar/06pzz6p7vl7l9x8mxghnlrijaghkz1ihpgpyy6i1sjqfzcarijnx.nar
      Compression: none
      FileHash: sha256:06pzz6p7vl7l9x8mxghnlrijaghkz1ihpgpyy6i1sjqfzcarijnx
      FileSize: 120
      NarHash: sha256:06pzz6p7vl7l9x8mxghnlrijaghkz1ihpgpyy6i1sjqfzcarijnx
      NarSize: 120
      References:\s
      Sig: narthex-test-1:Sht68NsYoIU2SbUWQ7CfU1RKCtq9nbH7MvxZR0RGlE6M2KvXkkltz0DqmEfYr9uB/5SGKaa6z83NOypA7YicAA==
      CA: text:sha256:15f6ldyb08xn75r3kkiw8jsgy19z8gib696j4fj2hf2jf2f36v1x
      """;

  private NarInfoTexts() {}
}
