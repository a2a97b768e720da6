package narthex.wiring;

/** When NARs are cut into content-defined chunks. */
public enum CdcMode {
  /** NARs are stored whole, as they came. */
  OFF
}
