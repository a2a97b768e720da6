package narthex.web;

/** Whether clients may upload. */
public enum UploadSwitch {
  /** They may. */
  ON,
  /** There is nothing below {@code /upload}. */
  OFF
}
