package narthex.web;

/**
 * Kinds of requests that may occupy a thread for long. Each kind gets a share of the request
 * threads.
 */
enum Work {
  /** Lookups that may query an upstream: narinfos, documents, HEAD for NARs. */
  QUESTIONS(4, Refusal.MISS),
  /** Downloads of stored NARs. */
  NARS(3, Refusal.BUSY),
  /**
   * Downloads that may fetch from an upstream first: NARs that aren't stored, listings, files in
   * NARs.
   */
  COMING(5, Refusal.BUSY),
  /** Uploads. */
  UPLOADS(8, Refusal.BUSY),
  /**
   * Long lists of store paths that readers ask about. Each takes some megabytes while its client
   * sends it, so there are few at a time.
   */
  LISTS(64, Refusal.BUSY),
  /** Jobs of an administrator. */
  JOBS(16, Refusal.BUSY);

  /** Response to a request that gets no permit. */
  enum Refusal {
    /** 404, because Nix would fail the build on a 5xx. */
    MISS,
    /** 503 with {@code Retry-After}. */
    BUSY
  }

  private final int divisor;
  private final Refusal refusal;

  Work(int divisor, Refusal refusal) {
    this.divisor = divisor;
    this.refusal = refusal;
  }

  /**
   * Returns the number of permits for a server with this many threads: at least 1. The shares add
   * up to less than all threads of a larger server; the rest serves requests without a permit.
   */
  int share(int threads) {
    return Math.max(1, threads / divisor);
  }

  Refusal refusal() {
    return refusal;
  }
}
