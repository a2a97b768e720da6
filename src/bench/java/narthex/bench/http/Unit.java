package narthex.bench.http;

/** What is counted of a load. */
enum Unit {
  REQUESTS("requests/s", "request") {
    @Override
    double of(Wrk.Rates rates) {
      return rates.requests();
    }
  },
  MEGABYTES("MB/s", "MB") {
    @Override
    double of(Wrk.Rates rates) {
      return rates.bytes() / 1e6;
    }
  };

  private final String perSecond;
  private final String one;

  Unit(String perSecond, String one) {
    this.perSecond = perSecond;
    this.one = one;
  }

  /** So many of them in a second. */
  abstract double of(Wrk.Rates rates);

  String perSecond() {
    return perSecond;
  }

  String one() {
    return one;
  }
}
