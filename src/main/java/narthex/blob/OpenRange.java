package narthex.blob;

import java.io.InputStream;

/**
 * A range of a blob that is being read.
 *
 * @param bytes the bytes; may end early, unless the method that opened it says otherwise
 * @param lengthBytes length of the range
 * @param blobBytes length of the whole blob
 */
record OpenRange(InputStream bytes, long lengthBytes, long blobBytes) {}
