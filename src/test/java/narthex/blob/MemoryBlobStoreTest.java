package narthex.blob;

/** The store of other tests keeps to the contract. */
class MemoryBlobStoreTest extends BlobStoreContract {
  @Override
  BlobStore openStore() {
    return new MemoryBlobStore();
  }
}
