package io.github.attention4j.cpu.memory;

import io.github.attention4j.api.ExternalMemory.Sizes;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.codecs.KnnVectorsFormat;
import org.apache.lucene.codecs.lucene104.Lucene104Codec;
import org.apache.lucene.codecs.lucene99.Lucene99HnswVectorsFormat;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.LogDocMergePolicy;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.AcceptDocs;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TopKnnCollector;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.store.LockObtainFailedException;

/// The first entries of a memory as a Lucene index: a document for every entry, in their order, a
/// vector field with a graph (HNSW) for every head.
///
/// Merges join neighbours only and nothing is deleted, so a document's number is its entry's. They
/// happen on the thread that adds, so equal appends make equal graphs.
final class LuceneIndex implements Closeable {
  private final Sizes sizes;
  private final Directory directory;
  private final IndexWriter writer;

  /// What a [DirectoryReader] shows, with the number of its first entry for each segment.
  record Snapshot(DirectoryReader reader) {
    /// How many entries can be found.
    int count() {
      return reader.maxDoc();
    }
  }

  /// The keys of an entry.
  @FunctionalInterface
  interface Keys {
    void get(int head, int id, float[] into);
  }

  /// Opens or makes an index.
  ///
  /// @param connections of a key in the graph
  /// @param construction candidates looked at to connect a key
  LuceneIndex(Path folder, Sizes sizes, int connections, int construction) throws IOException {
    this.sizes = sizes;
    this.directory = FSDirectory.open(folder);
    Lucene99HnswVectorsFormat graphs = new Lucene99HnswVectorsFormat(connections, construction);
    IndexWriterConfig config = new IndexWriterConfig();
    config.setCodec(
        new Lucene104Codec() {
          @Override
          public KnnVectorsFormat getKnnVectorsFormatForField(String field) {
            return graphs;
          }
        });
    config.setMergePolicy(new LogDocMergePolicy());
    config.setMergeScheduler(new SerialMergeScheduler());
    config.setCommitOnClose(false);
    try {
      this.writer = new IndexWriter(directory, config);
    } catch (LockObtainFailedException elsewhere) {
      directory.close();
      throw new IOException(folder + ": the memory is open elsewhere", elsewhere);
    } catch (IOException | RuntimeException failed) {
      directory.close();
      throw failed;
    }
  }

  private static String field(int head) {
    return "key." + head;
  }

  /// What can be found now.
  Snapshot snapshot() throws IOException {
    return new Snapshot(DirectoryReader.open(writer));
  }

  /// Adds the entries from `first` to `end` − 1 and commits.
  void add(int first, int end, Keys keys) throws IOException {
    FieldType type =
        KnnFloatVectorField.createFieldType(
            sizes.keySize(), VectorSimilarityFunction.MAXIMUM_INNER_PRODUCT);
    for (int id = first; id < end; id++) {
      Document document = new Document();
      for (int h = 0; h < sizes.heads(); h++) {
        float[] key = new float[sizes.keySize()];
        keys.get(h, id, key);
        document.add(new KnnFloatVectorField(field(h), key, type));
      }
      writer.addDocument(document);
    }
    writer.commit();
  }

  /// The entries of the largest dot products that a walk over the graphs finds, in the order of
  /// their numbers.
  ///
  /// @param beam how many candidates a walk keeps
  static int[] near(Snapshot snapshot, int head, float[] query, int beam) throws IOException {
    List<ScoreDoc> found = new ArrayList<>();
    for (LeafReaderContext leaf : snapshot.reader().leaves()) {
      TopKnnCollector collector = new TopKnnCollector(beam, Integer.MAX_VALUE);
      leaf.reader()
          .searchNearestVectors(
              field(head), query, collector, AcceptDocs.fromLiveDocs(null, leaf.reader().maxDoc()));
      for (ScoreDoc hit : collector.topDocs().scoreDocs) {
        hit.doc += leaf.docBase;
        found.add(hit);
      }
    }
    return found.stream().mapToInt(hit -> hit.doc).sorted().toArray();
  }

  @Override
  public void close() throws IOException {
    try (directory;
        writer) {
      writer.rollback();
    }
  }
}
