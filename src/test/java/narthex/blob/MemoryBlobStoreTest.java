package narthex.blob;

/** The memory store, which other tests use, fulfils the contract. */
class MemoryBlobStoreTest extends BlobStoreContract {
  @Override
  BlobStore openStore() {
    return new MemoryBlobStore();
  }
}
