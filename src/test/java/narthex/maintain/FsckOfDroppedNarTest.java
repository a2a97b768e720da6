package narthex.maintain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import narthex.blob.BlobStore;
import narthex.blob.PassingBlobStore;
import narthex.ingest.CdcMode;
import narthex.maintain.Fsck.Repair;
import narthex.maintain.JobResult.Verdict;
import narthex.testing.node.Node;
import narthex.testing.node.Sample;
import org.junit.jupiter.api.Test;

/** The check of a NAR that is deleted, with its chunks and packs, while it is read. */
class FsckOfDroppedNarTest extends FsckFixture {
  private static final Runnable NOTHING = () -> {};

  private final AtomicReference<Runnable> beforeOpening = new AtomicReference<>(NOTHING);

  private final class ChangingBlobStore extends PassingBlobStore {
    ChangingBlobStore(BlobStore store) {
      super(store);
    }

    @Override
    public InputStream open(String key, long from, long length) throws IOException {
      beforeOpening.getAndSet(NOTHING).run();
      return store.open(key, from, length);
    }
  }

  private void delete(Sample sample) {
    try {
      node.chores().deletePath(sample);
      node.chores().collect();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void nothingIsWrongWithANarThatIsDeletedWhileItIsRead() throws Exception {
    node =
        Node.open(
            folder,
            Node.Options.usual()
                .in(CdcMode.EAGER)
                .withClock(() -> now)
                .withBlobs(ChangingBlobStore::new),
            upstream);
    Sample sample = fetched(1).get(0);
    beforeOpening.set(() -> delete(sample));

    JobResult result = node.chores().fsck().verifyPath(sample.hash(), Repair.NOTHING, 0, telling());

    assertFalse(node.isStored(sample));
    assertEquals(List.of(), told);
    assertEquals(Verdict.DONE, result.verdict());
  }
}
