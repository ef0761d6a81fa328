package io.github.attention4j.cpu.memory;

import io.github.attention4j.cpu.plan.Best;
import java.util.Arrays;

/// The keys of all heads in the heap, in tiles of neighbours that stand `[element][key]`: a loop
/// over keys runs over consecutive numbers, which the compiler turns into vectors without the
/// Vector API.
///
/// One thread adds at a time; a [View] never changes.
final class KeyTiles {
  /// Keys of a tile.
  static final int WIDE = 256;

  private final int keySize;
  private float[][][] tiles;
  private int count;

  KeyTiles(int heads, int keySize) {
    this.keySize = keySize;
    this.tiles = new float[heads][0][];
  }

  /// Adds one key to a head at a position that is not yet part of a view; [#grow] comes before.
  void set(int head, int at, float[] keys, int from) {
    float[] tile = tiles[head][at / WIDE];
    for (int e = 0, i = at % WIDE; e < keySize; e++, i += WIDE) {
      tile[i] = keys[from + e];
    }
  }

  /// Makes room for more keys and returns the position of the first of them.
  int grow(int more) {
    int first = count;
    int total = Math.addExact(count, more);
    int needed = (total + WIDE - 1) / WIDE;
    float[][][] larger = new float[tiles.length][][];
    for (int h = 0; h < tiles.length; h++) {
      int had = tiles[h].length;
      larger[h] = Arrays.copyOf(tiles[h], Math.max(had, needed));
      for (int t = had; t < needed; t++) {
        larger[h][t] = new float[WIDE * keySize];
      }
    }
    tiles = larger;
    count = total;
    return first;
  }

  /// What is there now.
  View view() {
    return new View(tiles, keySize, count);
  }

  /// The first `count` keys of every head.
  static final class View {
    private final float[][][] tiles;
    private final int keySize;
    private final int count;

    private View(float[][][] tiles, int keySize, int count) {
      this.tiles = tiles;
      this.keySize = keySize;
      this.count = count;
    }

    /// How many keys a head has.
    int count() {
      return count;
    }

    /// Offers the dot products of queries with all keys of a head. A tile is read once for all of
    /// them: keys beyond the caches would otherwise be waited for anew by every query.
    ///
    /// @param queries one after the other
    /// @param best of each query
    /// @param id of the first key
    /// @param scores room for [KeyTiles#WIDE]
    void offer(int head, float[] queries, Best[] best, int id, float[] scores) {
      for (int at = 0; at < count; at += WIDE) {
        int wide = Math.min(WIDE, count - at);
        for (int i = 0; i < best.length; i++) {
          multiply(tiles[head][at / WIDE], queries, i * keySize, keySize, scores);
          best[i].offer(scores, 0, wide, id + at);
        }
      }
    }

    /// Copies a key.
    void get(int head, int at, float[] into, int to) {
      float[] tile = tiles[head][at / WIDE];
      for (int e = 0, i = at % WIDE; e < keySize; e++, i += WIDE) {
        into[to + e] = tile[i];
      }
    }
  }

  /// Dot products of a query with a whole tile; four elements at a time, so that a sum is loaded
  /// and stored once for four products.
  private static void multiply(float[] tile, float[] query, int from, int size, float[] scores) {
    Arrays.fill(scores, 0, WIDE, 0f);
    int e = 0;
    for (; e + 4 <= size; e += 4) {
      four(
          tile,
          e * WIDE,
          query[from + e],
          query[from + e + 1],
          query[from + e + 2],
          query[from + e + 3],
          scores);
    }
    for (; e < size; e++) {
      float q = query[from + e];
      int at = e * WIDE;
      for (int j = 0; j < WIDE; j++) {
        scores[j] += q * tile[at + j];
      }
    }
  }

  private static void four(
      float[] tile, int at, float q0, float q1, float q2, float q3, float[] scores) {
    for (int j = 0; j < WIDE; j++) {
      scores[j] =
          scores[j]
              + q0 * tile[at + j]
              + q1 * tile[at + WIDE + j]
              + q2 * tile[at + 2 * WIDE + j]
              + q3 * tile[at + 3 * WIDE + j];
    }
  }
}
