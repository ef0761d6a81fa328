package io.github.attention4j.cpu.reference;

import io.github.attention4j.api.LongTensor;
import io.github.attention4j.api.Result;
import io.github.attention4j.cpu.plan.ResultArrays;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What a family computed, before it is rounded to float32.
final class Outcome {
  private final Map<String, DoubleArray> numbers = new LinkedHashMap<>();
  private final Map<String, LongTensor> indices = new LinkedHashMap<>();

  void put(String name, DoubleArray array) {
    numbers.put(name, array);
  }

  void put(String name, LongTensor array) {
    indices.put(name, array);
  }

  DoubleArray get(String name) {
    DoubleArray array = numbers.get(name);
    if (array == null) {
      throw new IllegalStateException(
          "'" + name + "' was not computed, there is " + numbers.keySet());
    }
    return array;
  }

  Result toResult(@Nullable Result into) {
    ResultArrays arrays = new ResultArrays(into);
    numbers.forEach((name, array) -> array.copyTo(arrays.tensor(name, array.shape().toArray())));
    indices.forEach((name, array) ->
        MemorySegment.copy(
            array.segment(),
            0,
            arrays.longs(name, array.shape().toArray()).segment(),
            0,
            array.segment().byteSize()));
    return arrays.result();
  }
}
