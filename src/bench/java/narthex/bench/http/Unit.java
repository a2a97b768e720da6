package narthex.bench.http;

/** The unit of a load. */
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

  /** The rate in this unit per second. */
  abstract double of(Wrk.Rates rates);

  String perSecond() {
    return perSecond;
  }

  String one() {
    return one;
  }
}
