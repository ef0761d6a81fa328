package io.github.attention4j.viz.conform;

import io.github.attention4j.api.Shape;
import io.github.attention4j.api.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * Copies of arrays with their axes cut, joined or exchanged. A negative axis counts from the last.
 */
final class Rearrange {
  private Rearrange() {}

  /** An array of one value. */
  static Tensor filled(float value, long... sizes) {
    Tensor array = Tensor.allocate(sizes);
    for (long i = 0; i < array.shape().elements(); i++) {
      array.set(i, value);
    }
    return array;
  }

  /** Exchanges the last two axes. */
  static Tensor transpose(Tensor from) {
    long[] sizes = from.shape().toArray();
    long rows = from.shape().size(-2);
    long columns = from.shape().size(-1);
    sizes[sizes.length - 2] = columns;
    sizes[sizes.length - 1] = rows;
    Tensor to = Tensor.allocate(sizes);
    for (long i = 0; i < from.shape().elements(); i++) {
      long matrix = i / (rows * columns);
      long row = i / columns % rows;
      long column = i % columns;
      to.set((matrix * columns + column) * rows + row, from.at(i));
    }
    return to;
  }

  /** The positions {@code from} (inclusive) to {@code to} (exclusive) of an axis. */
  static Tensor cut(Tensor array, int axis, long from, long to) {
    long[] positions = new long[Math.toIntExact(to - from)];
    Arrays.setAll(positions, i -> from + i);
    return pick(array, axis, positions);
  }

  /** These positions of an axis, in this order. */
  static Tensor pick(Tensor array, int axis, long... positions) {
    Walk walk = Walk.along(array.shape(), axis);
    Tensor picked = Tensor.allocate(walk.resized(positions.length));
    for (long outer = 0; outer < walk.outer; outer++) {
      for (int p = 0; p < positions.length; p++) {
        long source = (outer * walk.length + positions[p]) * walk.inner;
        long target = (outer * positions.length + p) * walk.inner;
        for (long i = 0; i < walk.inner; i++) {
          picked.set(target + i, array.at(source + i));
        }
      }
    }
    return picked;
  }

  /** Arrays one after the other along an axis; their other sizes are equal. */
  static Tensor join(int axis, List<Tensor> parts) {
    Walk first = Walk.along(parts.getFirst().shape(), axis);
    long length = 0;
    for (Tensor part : parts) {
      length += part.shape().size(axis);
    }
    Tensor joined = Tensor.allocate(first.resized(length));
    long start = 0;
    for (Tensor part : parts) {
      Walk walk = Walk.along(part.shape(), axis);
      for (long outer = 0; outer < walk.outer; outer++) {
        long source = outer * walk.length * walk.inner;
        long target = (outer * length + start) * walk.inner;
        for (long i = 0; i < walk.length * walk.inner; i++) {
          joined.set(target + i, part.at(source + i));
        }
      }
      start += walk.length;
    }
    return joined;
  }

  /** The same along the last axis, with zeros behind up to a size. */
  static Tensor pad(Tensor array, long size) {
    long[] sizes = array.shape().toArray();
    sizes[sizes.length - 1] = size - sizes[sizes.length - 1];
    return join(-1, List.of(array, Tensor.allocate(sizes)));
  }

  /** {@code [batch, heads, length, size]} to {@code [batch, length, heads * size]}. */
  static Tensor mergeHeads(Tensor heads) {
    Shape shape = heads.shape();
    long count = shape.size(1);
    long length = shape.size(2);
    long size = shape.size(3);
    Tensor merged = Tensor.allocate(shape.size(0), length, count * size);
    for (long i = 0; i < shape.elements(); i++) {
      long element = i % size;
      long position = i / size % length;
      long head = i / (size * length) % count;
      long batch = i / (size * length * count);
      merged.set(((batch * length + position) * count + head) * size + element, heads.at(i));
    }
    return merged;
  }

  /** {@code [batch, length, heads * size]} to {@code [batch, heads, length, size]}. */
  static Tensor splitHeads(Tensor merged, long heads) {
    Shape shape = merged.shape();
    long length = shape.size(1);
    long size = shape.size(2) / heads;
    Tensor split = Tensor.allocate(shape.size(0), heads, length, size);
    for (long i = 0; i < shape.elements(); i++) {
      long element = i % size;
      long head = i / size % heads;
      long position = i / (size * heads) % length;
      long batch = i / (size * heads * length);
      split.set(((batch * heads + head) * length + position) * size + element, merged.at(i));
    }
    return split;
  }

  /** A shape as the loops around and inside one axis. */
  private record Walk(Shape shape, int axis, long outer, long length, long inner) {
    static Walk along(Shape shape, int axis) {
      int actual = axis < 0 ? shape.rank() + axis : axis;
      long outer = 1;
      long inner = 1;
      for (int i = 0; i < actual; i++) {
        outer *= shape.size(i);
      }
      for (int i = actual + 1; i < shape.rank(); i++) {
        inner *= shape.size(i);
      }
      return new Walk(shape, actual, outer, shape.size(actual), inner);
    }

    long[] resized(long newLength) {
      long[] changed = shape.toArray();
      changed[axis] = newLength;
      return changed;
    }
  }
}
