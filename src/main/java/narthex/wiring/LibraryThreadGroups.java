package narthex.wiring;

/**
 * Prevents a leak of the class loader of an undeployed web application. Infinispan has thread
 * groups of classes of its own, and before JDK 19 a thread group is reachable until it is
 * destroyed.
 */
final class LibraryThreadGroups {
  private static final int MOST = 1000;

  private LibraryThreadGroups() {}

  /**
   * Destroys the thread groups whose classes belong to this web application, and that have no
   * thread. Call it when no library is used any more.
   */
  static void destroyOurs() {
    ClassLoader ours = LibraryThreadGroups.class.getClassLoader();
    if (ours != ClassLoader.getSystemClassLoader()) {
      destroyOf(ours);
    }
  }

  /** Destroys the thread groups of classes of a class loader. */
  @SuppressWarnings("removal") // does nothing since JDK 19, where it isn't needed
  static void destroyOf(ClassLoader ours) {
    ThreadGroup root = Thread.currentThread().getThreadGroup();
    while (root.getParent() != null) {
      root = root.getParent();
    }
    ThreadGroup[] groups = new ThreadGroup[MOST];
    int count = root.enumerate(groups, true);
    for (int i = 0; i < count; i++) {
      if (groups[i].getClass().getClassLoader() == ours) {
        try {
          groups[i].destroy();
        } catch (IllegalThreadStateException | LinkageError e) {
          System.getLogger(LibraryThreadGroups.class.getName())
              .log(System.Logger.Level.DEBUG, "thread group not released", e);
        }
      }
    }
  }
}
