package io.github.attention4j.multimodal.speech;

import java.util.ArrayList;
import java.util.List;

/// The most likely token again and again.
public record GreedySearch() implements Search {
  @Override
  public Hypothesis continued(SequenceModel model, float[] first, Continuation continuation) {
    List<Integer> written = new ArrayList<>();
    float[] logits = first;
    double sum = 0;
    while (true) {
      double[] logs = continuation.logProbabilities(written, logits);
      int next = Continuation.argmax(logs);
      sum += logs[next];
      if (next == continuation.end()) {
        return new Hypothesis(written, sum, true);
      }
      written.add(next);
      if (written.size() == continuation.most()) {
        return new Hypothesis(written, sum, false);
      }
      logits = model.step(next)[0];
    }
  }
}
