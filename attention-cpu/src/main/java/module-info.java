import io.github.attention4j.api.spi.AttentionProvider;
import io.github.attention4j.api.spi.MachinePeaks;
import io.github.attention4j.api.spi.MemoryStore;
import io.github.attention4j.cpu.CpuProvider;
import io.github.attention4j.cpu.VectorPeaks;
import io.github.attention4j.cpu.memory.ExactStore;
import io.github.attention4j.cpu.memory.LuceneStore;
import io.github.attention4j.cpu.reference.ReferenceProvider;

/// Attention in pure Java: the providers `cpu` (Vector API) and `reference` (plain double
/// arithmetic). Nothing is exported: providers are found by [java.util.ServiceLoader].
module io.github.attention4j.cpu {
  requires transitive io.github.attention4j.api;
  requires static org.jspecify;
  // The virtual machine's own word on fused multiply-add.
  requires jdk.management;
  // Optional at run time: without it provider `cpu` refuses, `reference` works.
  requires static jdk.incubator.vector;
  // Optional at run time: without it store `lucene` refuses, `exact` works.
  requires static org.apache.lucene.core;

  provides AttentionProvider with
      CpuProvider,
      ReferenceProvider;
  provides MachinePeaks with
      VectorPeaks;
  provides MemoryStore with
      ExactStore,
      LuceneStore;
}
