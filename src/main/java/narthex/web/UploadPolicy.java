package narthex.web;

/** Whether clients may upload. */
public enum UploadPolicy {
  /** Uploads are enabled. */
  ON,
  /** Uploads are disabled; see {@link UploadFilter}. */
  OFF
}
