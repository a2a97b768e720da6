package narthex.web;

/** Whether clients may delete here. */
public enum DeletionPolicy {
  ON,
  OFF
}
