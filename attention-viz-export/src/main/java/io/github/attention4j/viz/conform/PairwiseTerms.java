package io.github.attention4j.viz.conform;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.attention4j.api.Bias;
import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.Mechanism.Pairwise;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.Normalizer;
import io.github.attention4j.api.Placement;
import io.github.attention4j.api.Scope;
import io.github.attention4j.api.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A pairwise mechanism and its inputs, from the words all pairwise cases share: {@code softcap},
 * {@code bias}, {@code mask}, {@code lengths}, {@code causal}, {@code offset}.
 */
record PairwiseTerms(Pairwise mechanism, Inputs inputs) {
  /** What every pairwise case may say, around this score and within this scope. */
  static PairwiseTerms of(CaseInputs golden, Inputs inputs, Score score, Scope scope) {
    return of(golden, inputs, score, scope, causality(golden));
  }

  /** The same with the causality known already. */
  static PairwiseTerms of(
      CaseInputs golden, Inputs inputs, Score score, Scope scope, Causality causality) {
    Inputs all = inputs;
    List<Scope> scopes = new ArrayList<>();
    if (!(scope instanceof Scope.Full)) {
      scopes.add(scope);
    }
    if (causality != Causality.NONE) {
      scopes.add(Scope.causal());
    }
    for (String name : List.of(Inputs.LENGTHS, Inputs.MASK, Inputs.BIAS)) {
      if (golden.has(name)) {
        all = all.with(name, golden.array(name));
      }
    }
    if (golden.has(Inputs.LENGTHS)) {
      scopes.add(Scope.lengths());
    }
    if (golden.has(Inputs.MASK)) {
      scopes.add(Scope.mask());
    }
    double softcap = golden.number("softcap", 0);
    Pairwise mechanism =
        Pairwise.of(softcap == 0 ? score : score.softcap(softcap))
            .within(all(scopes))
            .placed(causality.placement(golden));
    if (golden.has(Inputs.BIAS)) {
      mechanism = mechanism.plus(new Bias.Dense(Inputs.BIAS));
    }
    return new PairwiseTerms(mechanism, all);
  }

  PairwiseTerms normalizedBy(Normalizer normalizer) {
    return new PairwiseTerms(mechanism.normalizedBy(normalizer), inputs);
  }

  PairwiseTerms plus(Bias bias) {
    return new PairwiseTerms(mechanism.plus(bias), inputs);
  }

  /** The tensors {@code q}, {@code k} and {@code v}. */
  static Inputs queryKeyValue(CaseInputs golden) {
    return Inputs.of(golden.tensor("q"), golden.tensor("k"), golden.tensor("v"));
  }

  /** Names of inputs that the mechanism reads besides query, key and value. */
  List<String> extras() {
    return inputs.names().stream()
        .filter(name -> !List.of(Inputs.QUERY, Inputs.KEY, Inputs.VALUE).contains(name))
        .toList();
  }

  /** The input of this name. */
  NdArray input(String name) {
    return inputs.get(name);
  }

  /** The conjunction of scopes; full if there is none. */
  static Scope all(List<Scope> scopes) {
    return switch (scopes.size()) {
      case 0 -> Scope.full();
      case 1 -> scopes.getFirst();
      default -> new Scope.And(scopes);
    };
  }

  /**
   * The scaled dot product by the parameter {@code scale}: a number, or words for the default or
   * for no scale.
   */
  static Score scaledDot(CaseInputs golden) {
    JsonNode scale = golden.param("scale");
    if (scale == null) {
      return Score.scaledDot();
    }
    if (scale.isNumber()) {
      return Score.scaledDot(scale.doubleValue());
    }
    String text = scale.asText().toLowerCase(Locale.ROOT);
    if (text.equals("none")) {
      return Score.dot();
    }
    if (text.contains("1/sqrt(d")) {
      return Score.scaledDot();
    }
    try {
      return Score.scaledDot(Double.parseDouble(text));
    } catch (NumberFormatException notANumber) {
      throw new NotUnderstoodException(
          "parameter scale: expected a number, 'none' or '1/sqrt(dk)', got " + scale);
    }
  }

  /** What the parameter {@code causal}, or else the words about a mask of that name, say. */
  static Causality causality(CaseInputs golden) {
    JsonNode param = golden.param("causal");
    if (param == null) {
      return Causality.ofFormula(golden.mask("causal"));
    }
    if (param.isBoolean()) {
      return param.booleanValue() ? Causality.TOP_LEFT : Causality.NONE;
    }
    return Causality.ofWord(param.asText());
  }

  /** How queries and keys are aligned. */
  enum Causality {
    NONE,
    TOP_LEFT,
    BOTTOM_RIGHT,
    BOTTOM_RIGHT_OF_LENGTH;

    /** As in {@code key j allowed iff j <= i + (Lk - Lq)}. */
    static Causality ofFormula(String text) {
      String formula = text.replace(" ", "");
      if (formula.isEmpty()) {
        return NONE;
      }
      if (formula.contains("lengths[b]-Lq")) {
        return BOTTOM_RIGHT_OF_LENGTH;
      }
      if (formula.contains("Lk-Lq") || formula.contains("Lpast")) {
        return BOTTOM_RIGHT;
      }
      if (formula.endsWith("j<=i") || formula.endsWith("j<=p")) {
        return TOP_LEFT;
      }
      throw new NotUnderstoodException("mask causal: '" + text + "'");
    }

    static Causality ofWord(String word) {
      return switch (word) {
        case "none", "false" -> NONE;
        case "top_left", "true" -> TOP_LEFT;
        case "bottom_right" -> BOTTOM_RIGHT;
        case "bottom_right per batch", "bottom_right_per_batch" -> BOTTOM_RIGHT_OF_LENGTH;
        default -> throw new NotUnderstoodException("parameter causal: '" + word + "'");
      };
    }

    Placement placement(CaseInputs golden) {
      return switch (this) {
        case NONE, TOP_LEFT -> Placement.at(golden.integer("offset", 0));
        case BOTTOM_RIGHT -> Placement.end();
        case BOTTOM_RIGHT_OF_LENGTH -> new Placement.EndOfLength(Inputs.LENGTHS);
      };
    }
  }
}
