package narthex.ingest;

import java.util.Arrays;
import narthex.nix.NarFile;
import narthex.nix.NarId;
import narthex.nix.Sha256;
import narthex.testing.node.Reading.Outcome;
import narthex.testing.node.Sample;

/** What narinfos say wrong, or do not say, and what comes of it. */
enum Lies {
  FILE_HASH(Outcome.FAILED, false) {
    @Override
    NarFile tell(NarFile file) {
      return new NarFile(file.url(), file.compression(), OTHER, file.sizeBytes());
    }
  },
  /** A transfer with a length of its own knows better; nobody depends on the narinfo's. */
  FILE_SIZE_TOO_SMALL(Outcome.RIGHT, false) {
    @Override
    NarFile tell(NarFile file) {
      return resized(file, -1);
    }
  },
  FILE_SIZE_TOO_LARGE(Outcome.RIGHT, false) {
    @Override
    NarFile tell(NarFile file) {
      return resized(file, 1);
    }
  },
  FILE_SIZE_TOO_SMALL_AND_NO_LENGTH(Outcome.FAILED, true) {
    @Override
    NarFile tell(NarFile file) {
      return resized(file, -1);
    }
  },
  FILE_SIZE_TOO_LARGE_AND_NO_LENGTH(Outcome.FAILED, true) {
    @Override
    NarFile tell(NarFile file) {
      return resized(file, 1);
    }
  },
  NO_HASH(Outcome.RIGHT, false) {
    @Override
    NarFile tell(NarFile file) {
      return new NarFile(file.url(), file.compression(), null, file.sizeBytes());
    }
  },
  NO_SIZE(Outcome.RIGHT, false) {
    @Override
    NarFile tell(NarFile file) {
      return new NarFile(file.url(), file.compression(), file.hash(), null);
    }
  },
  NOTHING(Outcome.RIGHT, false) {
    @Override
    NarFile tell(NarFile file) {
      return new NarFile(file.url(), file.compression(), null, null);
    }
  },
  NOTHING_AND_NO_LENGTH(Outcome.RIGHT, true) {
    @Override
    NarFile tell(NarFile file) {
      return NOTHING.tell(file);
    }
  },
  NAR_HASH(Outcome.FAILED, false) {
    @Override
    Sample tell(Sample sample) {
      return sample.sayingNar(new NarId(OTHER, sample.narBytes()));
    }
  },
  NAR_SIZE_TOO_SMALL(Outcome.FAILED, false) {
    @Override
    Sample tell(Sample sample) {
      return sample.sayingNar(new NarId(sample.id().hash(), sample.narBytes() - 8));
    }
  },
  NAR_SIZE_OF_ONE(Outcome.FAILED, false) {
    @Override
    Sample tell(Sample sample) {
      return sample.sayingNar(new NarId(sample.id().hash(), 1));
    }
  },
  NAR_SIZE_TOO_LARGE(Outcome.FAILED, false) {
    @Override
    Sample tell(Sample sample) {
      return sample.sayingNar(new NarId(sample.id().hash(), sample.narBytes() + 8));
    }
  },
  NAR_SIZE_HUGE(Outcome.FAILED, false) {
    @Override
    Sample tell(Sample sample) {
      return sample.sayingNar(new NarId(sample.id().hash(), Long.MAX_VALUE / 4));
    }
  };

  private static final Sha256 OTHER = Sha256.of(ones());

  final Outcome outcome;

  /** Whether the transfer tells no length either. */
  final boolean chunked;

  Lies(Outcome outcome, boolean chunked) {
    this.outcome = outcome;
    this.chunked = chunked;
  }

  NarFile tell(NarFile file) {
    return file;
  }

  Sample tell(Sample sample) {
    return sample.saying(this::tell);
  }

  private static NarFile resized(NarFile file, int by) {
    Long size = file.sizeBytes();
    return new NarFile(
        file.url(), file.compression(), file.hash(), size == null ? null : size + by);
  }

  private static byte[] ones() {
    byte[] bytes = new byte[32];
    Arrays.fill(bytes, (byte) 1);
    return bytes;
  }
}
