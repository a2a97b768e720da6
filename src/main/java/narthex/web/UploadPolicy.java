package narthex.web;

/** Whether clients may upload. */
public enum UploadPolicy {
  /** They may. */
  ON,
  /** There is nothing below {@code /upload}. */
  OFF
}
