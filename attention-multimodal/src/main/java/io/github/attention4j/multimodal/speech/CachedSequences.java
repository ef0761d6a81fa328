package io.github.attention4j.multimodal.speech;

import io.github.attention4j.api.Inputs;
import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Tensor;
import io.github.attention4j.api.network.Program;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The decoder of a checkpoint over one window, with what it remembers of each sequence.
final class CachedSequences implements SequenceModel {
  static final String TARGET = "decoder_input_ids";
  static final String LOGITS = "logits";

  private final Program decoder;
  private final Inputs cross;
  // The keys and values of the window, once for each sequence, by the number of sequences.
  private final Map<Integer, Inputs> repeated = new HashMap<>();
  private Program.@Nullable Session session;
  private int count;

  /// @param cross keys and values of the window for every layer, for one sequence
  CachedSequences(Program decoder, Inputs cross) {
    this.decoder = decoder;
    this.cross = cross;
  }

  @Override
  public float[][] begin(List<Integer> prompt) {
    close();
    session = decoder.begin();
    count = 1;
    long[] ids = prompt.stream().mapToLong(token -> token).toArray();
    return read(LongTensor.of(ids, 1, ids.length));
  }

  @Override
  public float[][] step(int... tokens) {
    LongTensor ids = LongTensor.allocate(tokens.length, 1);
    for (int i = 0; i < tokens.length; i++) {
      ids.set(i, tokens[i]);
    }
    return read(ids);
  }

  private float[][] read(LongTensor ids) {
    Inputs inputs = repeated.computeIfAbsent(count, this::repeat).with(TARGET, ids);
    Tensor logits = open().step(inputs).tensor(LOGITS);
    int vocabulary = logits.shape().intSize(2);
    float[][] rows = new float[Math.toIntExact(logits.shape().elements() / vocabulary)][vocabulary];
    for (int r = 0; r < rows.length; r++) {
      MemorySegment.copy(
          logits.segment(), ValueLayout.JAVA_FLOAT, 4L * r * vocabulary, rows[r], 0, vocabulary);
    }
    return rows;
  }

  private Inputs repeat(int times) {
    if (times == 1) {
      return cross;
    }
    Inputs inputs = Inputs.none();
    for (String name : cross.names()) {
      Tensor one = cross.tensor(name);
      Tensor all = Tensor.allocate(times, one.shape().size(1), one.shape().size(2));
      long bytes = one.segment().byteSize();
      for (int i = 0; i < times; i++) {
        MemorySegment.copy(one.segment(), 0, all.segment(), i * bytes, bytes);
      }
      inputs = inputs.with(name, all);
    }
    return inputs;
  }

  @Override
  public void reorder(int... sources) {
    boolean same = sources.length == count;
    for (int i = 0; same && i < sources.length; i++) {
      same = sources[i] == i;
    }
    if (!same) {
      open().reorder(sources);
      count = sources.length;
    }
  }

  private Program.Session open() {
    if (session == null) {
      throw new IllegalStateException("no prompt was read");
    }
    return session;
  }

  @Override
  public void close() {
    if (session != null) {
      session.close();
      session = null;
    }
  }
}
