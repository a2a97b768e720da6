package narthex.web;

/** Whether clients may delete here. */
public enum DeletionSwitch {
  ON,
  OFF
}
