package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Normalizer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Every mechanism the golden cases name, and who maps it. A new family is one row. */
final class Families {
  private static final Map<String, CaseFamily> BY_MECHANISM = new LinkedHashMap<>();

  static {
    row("additive", PairwiseCases::additive);
    row("dot", PairwiseCases::dot);
    row("scaled_dot", PairwiseCases::scaledDot);
    row("bilinear", PairwiseCases::bilinear);
    row("sparsemax_attention", PairwiseCases.normalizedBy(new Normalizer.Sparsemax()));
    row("entmax15_attention", PairwiseCases.normalizedBy(new Normalizer.Entmax15()));

    row("multi_head_self", LayerCases::attention);
    row("multi_head_cross", LayerCases::attention);
    row("grouped_query", LayerCases::layerOrHeads);
    row("multi_query", LayerCases::layerOrHeads);
    row("kv_cache", CacheCases::compute);
    row("longformer_layer", LongformerLayerCases::compute);

    row("local_window", ScopeCases::localWindow);
    row("dilated_window", ScopeCases::dilatedWindow);
    row("longformer", ScopeCases::longformer);
    row("bigbird", ScopeCases::bigBird);
    row("sparse_transformer_strided", ScopeCases::sparseStrided);
    row("sparse_transformer_fixed", ScopeCases::sparseFixed);
    row("block_diagonal", ScopeCases::blockDiagonal);

    row("alibi", PositionCases::alibi);
    row("t5_relative_bias", PositionCases::relativeBuckets);
    row("rope_half", PositionCases.rotary(false));
    row("rope_interleaved", PositionCases.rotary(true));

    row("linformer", LinearCases::linformer);
    row("performer", LinearCases::performer);
    row("linear_transformer", LinearCases::linearTransformer);
    row("nystromformer", LinearCases::nystromformer);

    row("sparsemax", StructureCases.map(new Normalizer.Sparsemax()));
    row("entmax15", StructureCases.map(new Normalizer.Entmax15()));
    row("crf_segmentation", StructureCases::chain);
    row("crf_segmentation_attention", StructureCases::chainAttention);
    row("syntactic_tree_projective", StructureCases.tree(true));
    row("syntactic_tree_nonprojective", StructureCases.tree(false));

    row("ntm_addressing", MemoryCases::ntmAddressing);
    row("knn_memory", MemoryCases::nearestKeys);
    row("memory_network", MemoryCases::multiHop);
    row("memory_network_words", MemoryCases::words);
    row("product_key_memory", MemoryCases::productKeys);

    row("head_metrics", AnalysisCases::headMetrics);
    row("attention_rollout", AnalysisCases::rollout);
    row("attention_flow", AnalysisCases::flow);
    row("norm_based_weights", AnalysisCases::normBased);

    row("dtw", AlignmentCases::timeWarping);
    row("whisper_alignment", AlignmentCases::tokens);

    row("hyena_operator", HyenaCases::operator);
    row("hyena_layer", HyenaCases::layer);
  }

  private Families() {}

  private static void row(String mechanism, CaseFamily family) {
    BY_MECHANISM.put(mechanism, family);
  }

  static Optional<CaseFamily> of(String mechanism) {
    return Optional.ofNullable(BY_MECHANISM.get(mechanism));
  }
}
