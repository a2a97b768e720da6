package narthex.testing;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/** How binary caches name a NAR in the URL of its narinfo. */
public enum UrlStyle {
  /** {@code nar/<FileHash>.nar.xz}, as Nix writes and cache.nixos.org serves. */
  BY_FILE_HASH {
    @Override
    String target(NarFixture nar) {
      return "/nar/" + nar.fileHash().nix32() + ".nar" + nar.compression().extension();
    }
  },
  /** The same as an absolute URL. */
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
  /** The same with a query that must be kept. */
  WITH_QUERY {
    @Override
    String target(NarFixture nar) {
      return BY_FILE_HASH.target(nar) + "?token=a%2Fb&expires=1";
    }
  },
  /** {@code nar/<UUID>.nar.xz}, as Cachix names them. */
  UUID_NAMED {
    @Override
    String target(NarFixture nar) {
      UUID uuid = UUID.nameUUIDFromBytes(nar.storePath().print().getBytes(StandardCharsets.UTF_8));
      return "/nar/" + uuid + ".nar" + nar.compression().extension();
    }
  },
  /** {@code nar/<store path hash>-<NarHash>.nar}, as nix-serve names them. */
  NIX_SERVE {
    @Override
    String target(NarFixture nar) {
      String names = nar.storePath().hash().text() + "-" + nar.id().hash().nix32();
      return "/nar/" + names + ".nar" + nar.compression().extension();
    }
  },
  /** No {@code .nar} at all and the size in the query, as snix does. */
  WITHOUT_SUFFIX {
    @Override
    String target(NarFixture nar) {
      return "/nar/snix-castore/" + nar.fileHash().base16() + "?narsize=" + nar.id().sizeBytes();
    }
  };

  /** The target under which the upstream serves the file. */
  abstract String target(NarFixture nar);

  /** The URL in the narinfo, for an upstream at this base, which has no slash at its end. */
  String url(NarFixture nar, String base) {
    return target(nar).substring(1);
  }
}
