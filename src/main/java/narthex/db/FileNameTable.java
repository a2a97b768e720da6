package narthex.db;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import narthex.nix.Sha256;

/**
 * The file names of NARs. A NAR keeps every name that was ever advertised, unless the name turns
 * out to be the hash of another NAR or of its file. Thread-safe.
 */
public final class FileNameTable {
  private final Transactions transactions;
  private final List<Consumer<String>> listeners = new CopyOnWriteArrayList<>();
  private final List<Consumer<String>> takeovers = new CopyOnWriteArrayList<>();

  FileNameTable(Transactions transactions) {
    this.transactions = transactions;
  }

  /**
   * Adds a listener for stems that this process has registered and that may now name another NAR.
   * Called after the commit, by the thread that registered the stem. Call it at start-up.
   */
  public void listen(Consumer<String> listener) {
    listeners.add(listener);
  }

  /**
   * Adds a listener for stems that meant another NAR before this process named a file so. Called
   * like the others. Call it at start-up.
   */
  public void listenToTakeovers(Consumer<String> listener) {
    takeovers.add(listener);
  }

  /**
   * Finds the NAR of a file name that this cache ever advertised, by one indexed statement. A stem
   * that is the NarHash of a known NAR always means that NAR.
   *
   * @param stem the file name before {@code .nar}
   * @throws DatabaseException if the query fails
   */
  public Optional<Sha256> find(String stem) throws IOException {
    return transactions.single(
        "find file name",
        stem,
        mappers -> Optional.ofNullable(mappers.narInfos().findNar(stem)).map(Sha256::parseNix32));
  }

  /**
   * Registers the hash of a verified file as a file name of the NAR in it. Overrides names that
   * were registered only because a narinfo claimed so.
   *
   * @param stem the hash in the notation of the file name
   * @return false, without a change, if the name already belongs to another NAR because of its
   *     NarHash or its stored file
   * @throws DatabaseException if the transaction fails; changes nothing then
   */
  public boolean nameFile(String stem, Sha256 fileHash, Sha256 narHash) throws IOException {
    String nar = narHash.nix32();
    AtomicBoolean taken = new AtomicBoolean();
    boolean named =
        register(
            () ->
                transactions.together(
                    "name file",
                    stem,
                    mappers -> {
                      NarInfoMapper narInfos = mappers.narInfos();
                      String before = narInfos.findNar(stem);
                      narInfos.registerFile(stem, fileHash.nix32(), nar);
                      boolean isNamed = nar.equals(narInfos.findNar(stem));
                      if (isNamed) {
                        narInfos.takeBack(stem, nar);
                      }
                      taken.set(isNamed && before != null && !nar.equals(before));
                      return isNamed;
                    }),
            stem);
    if (taken.get()) {
      takeovers.forEach(listener -> listener.accept(stem));
    }
    return named;
  }

  /** A transaction that registers file names. */
  interface Registration<T> {
    T run() throws DatabaseException;
  }

  /** Runs a transaction and then tells the listeners the stems, even if its outcome is unknown. */
  <T> T register(Registration<T> transaction, String... stems) throws DatabaseException {
    try {
      return transaction.run();
    } finally {
      for (String stem : stems) {
        listeners.forEach(listener -> listener.accept(stem));
      }
    }
  }
}
