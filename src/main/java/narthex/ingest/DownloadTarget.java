package narthex.ingest;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import narthex.nix.Compression;

/** What a download is to bring, and where that can be had. */
interface DownloadTarget {
  /** The compression that whoever started the download wants to send. */
  Compression wanted();

  /** What is to be kept of it; empty if what is wanted is stored by now. */
  Optional<Keep> keep() throws IOException;

  /**
   * Searches for it.
   *
   * @return empty if surely no upstream has it
   * @throws IOException if none was found and some upstreams could not say
   */
  <T> Optional<T> search(NarSearch.Question<T> question) throws IOException;

  /**
   * What the bytes of an offer must turn out to be.
   *
   * @param length of the file, if the transfer tells it
   */
  NarExpectation expectation(NarOffer offer, OptionalLong length);

  /** The NAR from this offer was right, and what is to be kept is stored. */
  void stored(NarOffer offer, NarIngestion.Finished finished) throws IOException;

  /** The file of this offer turned out wrong, or could not be had to its end. */
  void wrong(NarOffer offer);

  /** What it is, for messages. */
  String describe();
}
