package narthex.web;

/** The kinds of work that may hold a request thread for long; each has a share of the threads. */
enum Work {
  /** What may have to ask an upstream: narinfos and documents that are not known here. */
  QUESTIONS(4, Refusal.MISS),
  /** Bodies of NARs that are stored here. */
  NARS(3, Refusal.BUSY),
  /** Bodies that may have to come from an upstream first: cold NARs, listings, files in NARs. */
  COMING(5, Refusal.BUSY),
  /** Bodies that clients send. */
  UPLOADS(8, Refusal.BUSY);

  /** What a request is told that waited in vain. */
  enum Refusal {
    /** Nothing is there: a 5xx would make clients fail their build. */
    MISS,
    /** To come again. */
    BUSY
  }

  private final int divisor;
  private final Refusal refusal;

  Work(int divisor, Refusal refusal) {
    this.divisor = divisor;
    this.refusal = refusal;
  }

  /** How many of so many threads it gets; some always stay for what never waits. */
  int share(int threads) {
    return Math.max(1, threads / divisor);
  }

  Refusal refusal() {
    return refusal;
  }
}
