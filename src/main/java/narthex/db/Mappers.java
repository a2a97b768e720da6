package narthex.db;

import java.sql.Connection;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ibatis.session.Configuration;
import org.apache.ibatis.session.SqlSession;

/**
 * The mappers, bound to one connection. For one thread.
 *
 * <p>MyBatis parses the annotations of a mapper when it is first used, because parsing all of them
 * takes a tenth of the server's start, and most are used later.
 */
final class Mappers {
  private final SqlSession session;
  private final Parsed parsed;
  private final Connection connection;

  /** The mappers that a configuration knows. Thread-safe. */
  static final class Parsed {
    private final Configuration configuration;
    private final Set<Class<?>> types = ConcurrentHashMap.newKeySet();

    Parsed(Configuration configuration) {
      this.configuration = configuration;
    }

    private void require(Class<?> type) {
      if (types.contains(type)) {
        return;
      }
      synchronized (types) {
        if (!types.contains(type)) {
          configuration.addMapper(type);
          types.add(type); // after it was parsed, as other threads don't wait then
        }
      }
    }
  }

  /**
   * Takes the connection of the session, which the caller closes.
   *
   * @throws org.apache.ibatis.exceptions.PersistenceException if there is no connection
   */
  Mappers(SqlSession session, Parsed parsed) {
    this.session = session;
    this.parsed = parsed;
    this.connection = session.getConnection();
  }

  private <M> M mapper(Class<M> type) {
    parsed.require(type);
    return session.getMapper(type);
  }

  NarInfoMapper narInfos() {
    return mapper(NarInfoMapper.class);
  }

  NarMapper nars() {
    return mapper(NarMapper.class);
  }

  DocumentMapper documents() {
    return mapper(DocumentMapper.class);
  }

  ChunkMapper chunks() {
    return mapper(ChunkMapper.class);
  }

  ChunkingQueueMapper chunkingQueue() {
    return mapper(ChunkingQueueMapper.class);
  }

  GarbageMapper garbage() {
    return mapper(GarbageMapper.class);
  }

  SharedTextMapper sharedTexts() {
    return mapper(SharedTextMapper.class);
  }

  LeaseMapper leases() {
    return mapper(LeaseMapper.class);
  }

  UseMapper uses() {
    return mapper(UseMapper.class);
  }

  CollectionMapper collection() {
    return mapper(CollectionMapper.class);
  }

  PinMapper pins() {
    return mapper(PinMapper.class);
  }

  StatisticsMapper statistics() {
    return mapper(StatisticsMapper.class);
  }

  FsckMapper fsck() {
    return mapper(FsckMapper.class);
  }

  RepackMapper repacking() {
    return mapper(RepackMapper.class);
  }

  PathMapper paths() {
    return mapper(PathMapper.class);
  }

  Connection connection() {
    return connection;
  }
}
