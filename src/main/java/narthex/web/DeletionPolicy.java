package narthex.web;

/** Whether clients may delete. */
public enum DeletionPolicy {
  ON,
  OFF
}
