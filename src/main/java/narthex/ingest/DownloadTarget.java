package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;

/** What a download fetches, and from where. */
interface DownloadTarget {
  /** The compression in which the first reader of the download will send it. */
  Compression wanted();

  /** What to store of the file; empty if the wanted form is already stored. */
  Optional<Keep> keep() throws IOException;

  /**
   * Asks the upstreams, one offer after the other, until one has an answer to the question.
   *
   * @return empty if every upstream answered that it has no such file
   * @throws IOException if there is no answer and an upstream failed
   */
  <T> Optional<T> search(NarSearch.Question<T> question) throws IOException;

  /**
   * What to verify the file of an offer against.
   *
   * @param length of the file in bytes, if the response has one
   */
  NarExpectation expectation(NarOffer offer, OptionalLong length);

  /** Called after the NAR of this offer was verified and stored as {@link #keep} says. */
  void stored(NarOffer offer, NarIngestion.Finished finished) throws IOException;

  /** Called when the file of this offer was corrupt or its transfer failed. */
  void wrong(NarOffer offer);

  /** The store path, or the file name if the path is unknown, for people. */
  String title();

  /** A short description, for messages. */
  String describe();
}
