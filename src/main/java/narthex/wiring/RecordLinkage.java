package narthex.wiring;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;

/**
 * Makes the JDK forget our records. Its two method handles behind {@code equals} and {@code
 * hashCode} of all records remember the last type that they were adapted to (before JDK 19 by a
 * strong reference): the type of a component of ours, and with it the class loader of an undeployed
 * web application.
 */
final class RecordLinkage {

  private RecordLinkage() {}

  /**
   * Adapts both handles to a type of the JDK's own. To be called when no record is used any more.
   */
  static void forgetOurs() {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    Class<?> any = Thread.class; // any class of the JDK with a getter of a reference type
    try {
      MethodHandle getter = lookup.findVirtual(any, "getName", MethodType.methodType(String.class));
      MethodType equals = MethodType.methodType(boolean.class, any, Object.class);
      ObjectMethods.bootstrap(lookup, "equals", equals, any, "name", getter);
      MethodType hashCode = MethodType.methodType(int.class, any);
      ObjectMethods.bootstrap(lookup, "hashCode", hashCode, any, "name", getter);
    } catch (Throwable changed) { // another JDK: then it has its own way, and nothing breaks
      System.getLogger(RecordLinkage.class.getName())
          .log(System.Logger.Level.DEBUG, "record types not released", changed);
    }
  }
}
