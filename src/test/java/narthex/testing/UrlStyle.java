package narthex.testing;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** The styles in which binary caches name NARs in the URL of a narinfo. */
public enum UrlStyle {
  /** {@code nar/<FileHash>.nar.xz}, the style of Nix and cache.nixos.org. */
  BY_FILE_HASH {
    @Override
    String target(NarFixture nar) {
      return "/nar/" + nar.fileHash().nix32() + ".nar" + nar.compression().extension();
    }
  },
  /** The same, as an absolute URL. */
  ABSOLUTE {
    @Override
    String target(NarFixture nar) {
      return BY_FILE_HASH.target(nar);
    }

    @Override
    String url(NarFixture nar, String base) {
      return base + target(nar);
    }
  },
  /** The same, with a query that must be kept. */
  WITH_QUERY {
    @Override
    String target(NarFixture nar) {
      return BY_FILE_HASH.target(nar) + "?token=a%2Fb&expires=1";
    }
  },
  /** {@code nar/<UUID>.nar.xz}, the style of Cachix. */
  UUID_NAMED {
    @Override
    String target(NarFixture nar) {
      UUID uuid = UUID.nameUUIDFromBytes(nar.storePath().print().getBytes(StandardCharsets.UTF_8));
      return "/nar/" + uuid + ".nar" + nar.compression().extension();
    }
  },
  /** {@code nar/<store path hash>-<NarHash>.nar}, the style of nix-serve. */
  NIX_SERVE {
    @Override
    String target(NarFixture nar) {
      String names = nar.storePath().hash().text() + "-" + nar.id().hash().nix32();
      return "/nar/" + names + ".nar" + nar.compression().extension();
    }
  },
  /** No {@code .nar}, and the size in the query: the style of snix. */
  WITHOUT_SUFFIX {
    @Override
    String target(NarFixture nar) {
      return "/nar/snix-castore/" + nar.fileHash().base16() + "?narsize=" + nar.id().sizeBytes();
    }
  };

  /** The target under which the upstream serves the file. */
  abstract String target(NarFixture nar);

  /**
   * The URL in the narinfo.
   *
   * @param base the upstream's base URL, without a slash at the end
   */
  String url(NarFixture nar, String base) {
    return target(nar).substring(1);
  }
}
