package narthex.wiring;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.runtime.ObjectMethods;

/**
 * Prevents a leak of the class loader of an undeployed web application. The JDK has two method
 * handles for {@code equals} and {@code hashCode} of all records. Each caches the last type that it
 * was adapted to (before JDK 19 by a strong reference). That may be the type of a component of our
 * records.
 */
final class RecordLinkage {

  private RecordLinkage() {}

  /** Adapts both handles to a type of the JDK. Call it when no record is used any more. */
  static void forgetOurs() {
    MethodHandles.Lookup lookup = MethodHandles.publicLookup();
    Class<?> any = Thread.class; // any class of the JDK with a getter of a reference type works
    try {
      MethodHandle getter = lookup.findVirtual(any, "getName", MethodType.methodType(String.class));
      MethodType equals = MethodType.methodType(boolean.class, any, Object.class);
      ObjectMethods.bootstrap(lookup, "equals", equals, any, "name", getter);
      MethodType hashCode = MethodType.methodType(int.class, any);
      ObjectMethods.bootstrap(lookup, "hashCode", hashCode, any, "name", getter);
    } catch (Throwable changed) { // a JDK that implements records differently
      System.getLogger(RecordLinkage.class.getName())
          .log(System.Logger.Level.DEBUG, "record types not released", changed);
    }
  }
}
