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

  /** Its bytes are coming from this offer. */
  void opened(NarOffer offer) throws IOException;

  /** Everything was right and is stored. */
  void stored(NarIngestion.Finished finished) throws IOException;

  /** What it is, for messages. */
  String describe();
}
