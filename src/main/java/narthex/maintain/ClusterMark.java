package narthex.maintain;

/** An empty blob by which the replicas of a cluster recognise that they use one blob store. */
public final class ClusterMark {
  private static final String FOLDER = "cluster/";

  private ClusterMark() {}

  /** The key of the blob with this id. */
  public static String key(String id) {
    return FOLDER + id;
  }

  /** Whether the key is that of such a blob. */
  static boolean isMark(String key) {
    return key.startsWith(FOLDER);
  }
}
