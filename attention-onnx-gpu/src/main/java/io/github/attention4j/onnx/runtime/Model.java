package io.github.attention4j.onnx.runtime;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import io.github.attention4j.api.NdArray;
import io.github.attention4j.api.UnsupportedRequestException;
import io.github.attention4j.onnx.graph.Graph;
import io.github.attention4j.onnx.graph.SessionModel;
import io.github.attention4j.onnx.graph.Signature;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/// One graph in one session. Runs may overlap; closing waits for them.
///
/// Large parameters stay in the memory of their arrays: the session reads them there.
final class Model implements AutoCloseable {
  private final Engine engine;
  private final Signature signature;
  private final String form;
  private final OrtSession session;
  private final List<OnnxTensor> parameters;
  private final ReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  private Model(
      Engine engine,
      Signature signature,
      String form,
      OrtSession session,
      List<OnnxTensor> parameters) {
    this.engine = engine;
    this.signature = signature;
    this.form = form;
    this.session = session;
    this.parameters = parameters;
  }

  static Model open(Engine engine, Graph graph, String name) {
    SessionModel model = SessionModel.forSession(graph, name);
    List<OnnxTensor> tensors = new ArrayList<>();
    try (SessionOptions options = engine.options()) {
      Map<String, OnnxTensorLike> outside = new LinkedHashMap<>();
      for (Map.Entry<String, NdArray> each : model.outside().entrySet()) {
        OnnxTensor tensor = NativeTensors.share(engine.environment(), each.getValue());
        tensors.add(tensor);
        outside.put(each.getKey(), tensor);
      }
      if (!outside.isEmpty()) {
        options.addExternalInitializers(outside);
      }
      OrtSession session = engine.environment().createSession(model.model().toByteArray(), options);
      return new Model(engine, graph.signature(), graph.form(), session, tensors);
    } catch (OrtException refused) {
      tensors.forEach(OnnxTensor::close);
      if (refused.getCode() == OrtException.OrtErrorCode.ORT_NOT_IMPLEMENTED) {
        throw new UnsupportedRequestException(
            "onnx: ONNX Runtime has no kernel on "
                + engine.device()
                + " for an operator of the graph of "
                + name
                + ": "
                + refused.getMessage());
      }
      throw new IllegalStateException(
          "ONNX Runtime does not open the graph of " + name + ": " + refused.getMessage(), refused);
    }
  }

  Signature signature() {
    return signature;
  }

  /// Which operator does the attending.
  String form() {
    return form;
  }

  /// Runs with inputs and outputs in the caller's memory.
  ///
  /// @param inputs by name; each with the sizes the graph declares
  /// @param outputs by name, written in place
  void run(Map<String, NdArray> inputs, Map<String, NdArray> outputs) {
    lock.readLock().lock();
    try {
      checkOpen();
      Map<String, OnnxTensor> from = new HashMap<>();
      Map<String, OnnxValue> to = new HashMap<>();
      try {
        share(inputs, from);
        for (Signature.Slot slot : signature.outputs()) {
          NdArray array = java.util.Objects.requireNonNull(outputs.get(slot.name()));
          to.put(slot.tensor(), NativeTensors.share(engine.environment(), array));
        }
        session.run(from, Set.of(), to).close();
      } finally {
        from.values().forEach(OnnxTensor::close);
        to.values().forEach(OnnxValue::close);
      }
    } catch (OrtException failure) {
      throw failed(failure);
    } finally {
      lock.readLock().unlock();
    }
  }

  /// Runs with outputs in memory of ONNX Runtime, for callers that pass them on to the next run.
  ///
  /// @param inputs by name
  /// @param kept more inputs, which stay open
  /// @return all outputs, to be closed by the caller
  OrtSession.Result runKeeping(Map<String, NdArray> inputs, Map<String, OnnxTensor> kept)
      throws OrtException {
    lock.readLock().lock();
    try {
      checkOpen();
      Map<String, OnnxTensor> mine = new HashMap<>();
      try {
        share(inputs, mine);
        Map<String, OnnxTensor> all = new HashMap<>(kept);
        all.putAll(mine);
        return session.run(all);
      } finally {
        mine.values().forEach(OnnxTensor::close);
      }
    } finally {
      lock.readLock().unlock();
    }
  }

  private void share(Map<String, NdArray> inputs, Map<String, OnnxTensor> tensors)
      throws OrtException {
    for (Signature.Slot slot : signature.inputs()) {
      NdArray array = inputs.get(slot.name());
      if (array != null) {
        long[] sizes = array.shape().toArray();
        tensors.put(
            slot.name(),
            NativeTensors.share(
                engine.environment(), array, slot.broadcast() ? padded(sizes, slot) : sizes));
      }
    }
  }

  /// Leading axes of size 1 up to the rank the graph declares.
  private static long[] padded(long[] sizes, Signature.Slot slot) {
    long[] all = new long[slot.axes().size()];
    int missing = all.length - sizes.length;
    java.util.Arrays.fill(all, 0, missing, 1);
    System.arraycopy(sizes, 0, all, missing, sizes.length);
    return all;
  }

  static IllegalStateException failed(OrtException failure) {
    return new IllegalStateException("ONNX Runtime: " + failure.getMessage(), failure);
  }

  /// @throws IllegalStateException if it was closed
  void requireOpen() {
    lock.readLock().lock();
    try {
      checkOpen();
    } finally {
      lock.readLock().unlock();
    }
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("closed: this was closed and cannot run any more");
    }
  }

  /// Frees the session; a second time does nothing.
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      session.close();
      parameters.forEach(OnnxTensor::close);
    } catch (OrtException failure) {
      throw failed(failure);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
