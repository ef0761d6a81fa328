package io.github.attention4j.onnx.mechanism;

import io.github.attention4j.api.Mechanism;

/// Formulas and sources of mechanisms, for the doc strings of files; the definitions stand at
/// [Mechanism].
public final class Documents {
  private Documents() {}

  /// One line of text.
  public static String of(Mechanism mechanism) {
    return switch (mechanism) {
      case Mechanism.Pairwise pairwise ->
          "Attention over pairs: o = sum_j normalizer(score + biases within scope)_j v_j; score "
              + pairwise.score().getClass().getSimpleName()
              + ", scope "
              + pairwise.scope().getClass().getSimpleName()
              + ", normalizer "
              + pairwise.normalizer().getClass().getSimpleName();
      case Mechanism.Linearized _ ->
          "Linear attention: o = phi(q) (sum phi(k) v) / (phi(q) sum phi(k)); Katharopoulos et al."
              + " 2020 (arXiv:2006.16236), Choromanski et al. 2021 (arXiv:2009.14794)";
      case Mechanism.Recurrent _ ->
          "Recurrent linear attention with decay and delta rule; Yang et al. 2024"
              + " (arXiv:2312.06635, arXiv:2412.06464)";
      case Mechanism.LowRank _ ->
          "Linformer: softmax(c Q (E K)^T) (F V); Wang et al. 2020 (arXiv:2006.04768), eq. 7";
      case Mechanism.Landmark _ ->
          "Nystrom attention: softmax(c Q K~^T) A^+ softmax(c Q~ K^T) V; Xiong et al. 2021"
              + " (arXiv:2102.03902), eq. 13-14";
      case Mechanism.LongConvolution _ ->
          "Hyena: z <- x_n * (h_n conv z); Poli et al. 2023 (arXiv:2302.10866), definition 3.1";
      case Mechanism.NtmAddressing _ ->
          "Addressing of the Neural Turing Machine; Graves, Wayne, Danihelka 2014"
              + " (arXiv:1410.5401), section 3";
      case Mechanism.NearestKeys _ ->
          "Memorizing Transformers: g V_memory + (1 - g) V_local; Wu et al. 2022"
              + " (arXiv:2203.08913), section 3";
      case Mechanism.MultiHop _, Mechanism.WordMemory _ ->
          "End-to-end memory network; Sukhbaatar et al. 2015 (arXiv:1503.08895), section 2";
      case Mechanism.ProductKeys _ ->
          "Product-key memory; Lample et al. 2019 (arXiv:1907.05242), section 3";
    };
  }
}
