package narthex.blob;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The file of a piece: its bytes, a CRC-32C of each block of them, and a CRC-32C of these CRCs. So
 * a reader can check what it reads without reading all of it.
 */
final class PieceFile {
  /** Length of a block; the last one is shorter. */
  static final int BLOCK_BYTES = 64 << 10;

  private PieceFile() {}

  private static int blocks(long pieceLength) {
    return (int) ((pieceLength + BLOCK_BYTES - 1) / BLOCK_BYTES);
  }

  /** The length of the file of a piece. */
  static long fileBytes(long pieceLength) {
    return pieceLength + (blocks(pieceLength) + 1L) * Integer.BYTES;
  }

  private static int crc(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  /** Writes a file block by block. For one thread. */
  static final class Writer implements AutoCloseable {
    private final FileChannel channel;
    private final ByteBuffer crcs;

    /**
     * @param file a new path
     */
    Writer(Path file, long pieceLength) throws IOException {
      this.channel =
          FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      this.crcs = ByteBuffer.allocate((blocks(pieceLength) + 1) * Integer.BYTES);
    }

    /** Appends a block; every block but the last one must be full. */
    void write(byte[] block, int length) throws IOException {
      ByteBuffer bytes = ByteBuffer.wrap(block, 0, length);
      crcs.putInt(crc(bytes.duplicate()));
      writeAll(bytes);
    }

    /** Completes the file. */
    void finish() throws IOException {
      crcs.putInt(crc(crcs.duplicate().flip()));
      writeAll(crcs.flip());
    }

    private void writeAll(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  /** Reads a complete file, and checks all it returns. For one thread. */
  static final class Reader implements AutoCloseable {
    private final FileChannel channel;
    private final long length;
    private final ByteBuffer crcs;
    private final BlockPool blocks;
    private final ByteBuffer block;
    private boolean closed;
    private long blockNumber = -1;

    private Reader(FileChannel channel, long length, BlockPool blocks) throws IOException {
      this.channel = channel;
      this.length = length;
      this.crcs = ByteBuffer.allocate((blocks(length) + 1) * Integer.BYTES);
      readFully(crcs, length);
      ByteBuffer checked = crcs.duplicate().flip();
      checked.limit(checked.limit() - Integer.BYTES);
      if (crc(checked) != crcs.getInt(checked.limit())) {
        throw new DamagedPieceException();
      }
      this.blocks = blocks;
      this.block = blocks.take();
    }

    /**
     * Opens the file of a piece.
     *
     * @throws DamagedPieceException if it is damaged
     */
    static Reader open(Path file, long pieceLength, BlockPool blocks) throws IOException {
      FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
      try {
        return new Reader(channel, pieceLength, blocks);
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    }

    /**
     * Reads at least one byte at a position before the end.
     *
     * @throws DamagedPieceException if the block at the position is damaged
     */
    int read(long position, byte[] bytes, int offset, int most) throws IOException {
      long number = position / BLOCK_BYTES;
      int blockLength = (int) Math.min(BLOCK_BYTES, length - number * BLOCK_BYTES);
      if (number != blockNumber) {
        blockNumber = -1;
        block.clear().limit(blockLength);
        readFully(block, number * BLOCK_BYTES);
        if (crc(block.flip()) != crcs.getInt((int) number * Integer.BYTES)) {
          throw new DamagedPieceException();
        }
        blockNumber = number;
      }
      int start = (int) (position % BLOCK_BYTES);
      int count = Math.min(most, blockLength - start);
      block.get(start, bytes, offset, count);
      return count;
    }

    private void readFully(ByteBuffer bytes, long position) throws IOException {
      long at = position;
      while (bytes.hasRemaining()) {
        int count = channel.read(bytes, at);
        if (count < 0) {
          throw new EOFException("a cached piece is too short");
        }
        at += count;
      }
    }

    @Override
    public void close() throws IOException {
      if (!closed) {
        closed = true;
        blocks.giveBack(block);
      }
      channel.close();
    }
  }

  /** The bytes in the file are not those that were written. */
  static final class DamagedPieceException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedPieceException() {
      super("a cached piece is damaged");
    }
  }
}
