package io.github.attention4j.multimodal;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * ViLBERT in doubles, sample by sample and loop by loop, from the paper and the names of its
 * parameters; shares nothing with what is tested.
 */
final class VilbertReference {
  /** Parameters by name. */
  private final Map<String, double[]> parameters;

  /** Results and attention maps by name; maps are {@code [head][query * keys + key]}. */
  final Map<String, double[][]> results = new LinkedHashMap<>();

  private final Map<String, Integer> numbers;

  VilbertReference(Map<String, double[]> parameters, Map<String, Integer> numbers) {
    this.parameters = parameters;
    this.numbers = new HashMap<>(numbers);
  }

  private double[] parameter(String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  private int number(String name) {
    return Objects.requireNonNull(numbers.get(name), name);
  }

  private double[][] linear(String name, double[][] x) {
    double[] weight = parameter(name + ".weight");
    double[] bias = parameter(name + ".bias");
    double[][] y = new double[x.length][bias.length];
    for (int row = 0; row < x.length; row++) {
      for (int out = 0; out < bias.length; out++) {
        y[row][out] = bias[out];
        for (int in = 0; in < x[row].length; in++) {
          y[row][out] += weight[out * x[row].length + in] * x[row][in];
        }
      }
    }
    return y;
  }

  private double[][] norm(String name, double[][] x) {
    double[] weight = parameter(name + ".weight");
    double[] bias = parameter(name + ".bias");
    double[][] y = new double[x.length][weight.length];
    for (int row = 0; row < x.length; row++) {
      double mean = 0;
      double variance = 0;
      for (double value : x[row]) {
        mean += value / weight.length;
      }
      for (double value : x[row]) {
        variance += (value - mean) * (value - mean) / weight.length;
      }
      for (int c = 0; c < weight.length; c++) {
        y[row][c] = (x[row][c] - mean) / Math.sqrt(variance + 1e-12) * weight[c] + bias[c];
      }
    }
    return y;
  }

  private static double[][] plus(double[][] a, double[][] b) {
    double[][] sum = new double[a.length][a[0].length];
    for (int row = 0; row < a.length; row++) {
      for (int c = 0; c < a[row].length; c++) {
        sum[row][c] = a[row][c] + b[row][c];
      }
    }
    return sum;
  }

  /** By Simpson's rule: as exact as is needed, and nobody's polynomial. */
  static double gelu(double x) {
    int steps = 400;
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double t = x * i / steps;
      double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
      sum += weight * Math.exp(-t * t / 2);
    }
    return x * (0.5 + sum * x / steps / 3 / Math.sqrt(2 * Math.PI));
  }

  private static double[][] gelu(double[][] x) {
    double[][] y = new double[x.length][x[0].length];
    for (int row = 0; row < x.length; row++) {
      for (int c = 0; c < y[row].length; c++) {
        y[row][c] = gelu(x[row][c]);
      }
    }
    return y;
  }

  private double[][] attend(
      String map, int heads, double[][] query, double[][] key, double[][] value, int keys) {
    int size = query[0].length / heads;
    double[][] seen = new double[query.length][query[0].length];
    double[][] weights = new double[heads][query.length * key.length];
    for (int head = 0; head < heads; head++) {
      for (int q = 0; q < query.length; q++) {
        double total = 0;
        double[] row = new double[keys];
        for (int k = 0; k < keys; k++) {
          double dot = 0;
          for (int c = head * size; c < (head + 1) * size; c++) {
            dot += query[q][c] * key[k][c];
          }
          row[k] = Math.exp(dot / Math.sqrt(size));
          total += row[k];
        }
        for (int k = 0; k < keys; k++) {
          weights[head][q * key.length + k] = row[k] / total;
          for (int c = head * size; c < (head + 1) * size; c++) {
            seen[q][c] += row[k] / total * value[k][c];
          }
        }
      }
    }
    results.put(map, weights);
    return seen;
  }

  private double[][] feedForward(String inside, String output, double[][] x) {
    double[][] y = linear(output + ".dense", gelu(linear(inside + ".dense", x)));
    return norm(output + ".LayerNorm", plus(x, y));
  }

  private double[][] layer(String name, String map, int heads, double[][] x, int keys) {
    String self = name + ".attention.self.";
    double[][] seen =
        attend(
            map,
            heads,
            linear(self + "query", x),
            linear(self + "key", x),
            linear(self + "value", x),
            keys);
    String out = name + ".attention.output.";
    double[][] y = norm(out + "LayerNorm", plus(x, linear(out + "dense", seen)));
    return feedForward(name + ".intermediate", name + ".output", y);
  }

  /** Runs one sample. */
  void run(
      int[] ids,
      int[] types,
      int words,
      double[][] features,
      double[][] boxes,
      int regions,
      List<Integer> textAt,
      List<Integer> visionAt) {
    int size = number("hidden_size");
    double[][] text = new double[ids.length][size];
    for (int i = 0; i < ids.length; i++) {
      for (int c = 0; c < size; c++) {
        text[i][c] =
            parameter("bert.embeddings.word_embeddings.weight")[ids[i] * size + c]
                + parameter("bert.embeddings.position_embeddings.weight")[i * size + c]
                + parameter("bert.embeddings.token_type_embeddings.weight")[types[i] * size + c];
      }
    }
    text = norm("bert.embeddings.LayerNorm", text);
    double[][] vision =
        norm(
            "bert.v_embeddings.LayerNorm",
            plus(
                linear("bert.v_embeddings.image_embeddings", features),
                linear("bert.v_embeddings.image_location_embeddings", boxes)));
    int textDone = 0;
    int visionDone = 0;
    for (int c = 0; c <= textAt.size(); c++) {
      boolean last = c == textAt.size();
      int textTo = last ? number("num_hidden_layers") : textAt.get(c);
      int visionTo = last ? number("v_num_hidden_layers") : visionAt.get(c);
      for (; textDone < textTo; textDone++) {
        text =
            layer(
                "bert.encoder.layer." + textDone,
                "text_attentions." + textDone,
                number("num_attention_heads"),
                text,
                words);
      }
      for (; visionDone < visionTo; visionDone++) {
        vision =
            layer(
                "bert.encoder.v_layer." + visionDone,
                "vision_attentions." + visionDone,
                number("v_num_attention_heads"),
                vision,
                regions);
      }
      if (!last) {
        String name = "bert.encoder.c_layer." + c + ".";
        String at = name + "biattention.";
        int heads = number("bi_num_attention_heads");
        double[][] toVision =
            attend(
                "cross_attentions.text_to_vision." + c,
                heads,
                linear(at + "query2", text),
                linear(at + "key1", vision),
                linear(at + "value1", vision),
                regions);
        double[][] toText =
            attend(
                "cross_attentions.vision_to_text." + c,
                heads,
                linear(at + "query1", vision),
                linear(at + "key2", text),
                linear(at + "value2", text),
                words);
        String out = name + "biOutput.";
        vision = norm(out + "LayerNorm1", plus(linear(out + "dense1", toText), vision));
        text = norm(out + "LayerNorm2", plus(linear(out + "dense2", toVision), text));
        vision = feedForward(name + "v_intermediate", name + "v_output", vision);
        text = feedForward(name + "t_intermediate", name + "t_output", text);
      }
    }
    results.put("sequence_output_t", text);
    results.put("sequence_output_v", vision);
    heads(text, vision);
  }

  private void heads(double[][] text, double[][] vision) {
    double[] pooledText = linear("bert.t_pooler.dense", text)[0];
    double[] pooledVision = linear("bert.v_pooler.dense", vision)[0];
    double[][] fused = new double[1][pooledText.length];
    for (int c = 0; c < pooledText.length; c++) {
      fused[0][c] = Math.max(0, pooledText[c]) * Math.max(0, pooledVision[c]);
    }
    results.put("seq_relationship_score", linear("cls.bi_seq_relationship", fused));
    double[][] y =
        norm(
            "cls.imagePredictions.transform.LayerNorm",
            gelu(linear("cls.imagePredictions.transform.dense", vision)));
    results.put("prediction_scores_v", linear("cls.imagePredictions.decoder", y));
    y =
        norm(
            "cls.predictions.transform.LayerNorm",
            gelu(linear("cls.predictions.transform.dense", text)));
    double[] bias = parameter("cls.predictions.bias");
    double[] table = parameter("bert.embeddings.word_embeddings.weight");
    double[][] scores = new double[y.length][bias.length];
    for (int row = 0; row < y.length; row++) {
      for (int word = 0; word < bias.length; word++) {
        scores[row][word] = bias[word];
        for (int c = 0; c < y[row].length; c++) {
          scores[row][word] += table[word * y[row].length + c] * y[row][c];
        }
      }
    }
    results.put("prediction_scores_t", scores);
    results.put("vil_logit", linear("vil_logit", fused));
    double[][] inner = linear("vil_prediction.logit_fc.0", fused);
    inner = norm("vil_prediction.logit_fc.2", gelu(inner));
    results.put("vil_prediction", linear("vil_prediction.logit_fc.3", inner));
    // The older form: a direction, a length for the whole matrix.
    double[][] relu = linear("vil_prediction_gqa.main.0", fused);
    for (int c = 0; c < relu[0].length; c++) {
      relu[0][c] = Math.max(0, relu[0][c]);
    }
    results.put("vil_prediction_gqa", linear("vil_prediction_gqa.main.3", relu));
  }
}
