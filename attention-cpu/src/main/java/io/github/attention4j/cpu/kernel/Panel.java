package io.github.attention4j.cpu.kernel;

import static io.github.attention4j.cpu.kernel.Lanes.LENGTH;
import static io.github.attention4j.cpu.kernel.Lanes.MAX_PANEL;
import static io.github.attention4j.cpu.kernel.Lanes.TILE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/// The queries that one worker has in its lanes, and everything it computes for them; reused from
/// panel to panel and from run to run.
///
/// Lanes hold one or more *groups*: neighbouring queries of one head. A long sequence fills a panel
/// with one group; the few queries of a decoding step share it with those of the other heads that
/// read the same keys.
final class Panel {
  /// The batch entry.
  int batch;

  /// How many groups there are, and of each: its query head, first query, number of queries, first
  /// lane.
  int groups;

  final int[] groupHead = new int[MAX_PANEL];
  final int[] groupFirst = new int[MAX_PANEL];
  final int[] groupCount = new int[MAX_PANEL];
  final int[] groupLane = new int[MAX_PANEL];

  /// Lanes in use, vectors that hold them, and lanes in these.
  int lanes;

  int vectors;
  int width;

  /// Queries, `[depth][width]`.
  float[] q = new float[0];

  /// The output so far, `[lanes][columns]`, and whether there is none yet.
  float[] o = new float[0];

  boolean first;

  /// One vector on its way in or out.
  float[] vector = new float[0];

  /// The same vector transformed.
  float[] transformed = new float[0];

  /// Queries on their way in that cannot be read where they are: a row for every lane, each rounded
  /// up to whole vectors.
  MemorySegment rowsOfLanes = MemorySegment.NULL;

  /// Where rows and lanes change places: a square for every vector of a query.
  float[] square = new float[0];

  /// Scores, then weights of the current tile, `[rows][width]`, and two rows more; shared by the
  /// panels of a worker, of which one at a time has a tile.
  final float[] s;

  /// Running maximum, running sum and the factor of the last tile, per lane.
  final float[] m = new float[MAX_PANEL];

  final float[] l = new float[MAX_PANEL];
  final float[] alpha = new float[MAX_PANEL + ValueKernel.MARGIN];
  final float[] lane = new float[MAX_PANEL];

  /// Where it is among its keys: the interval of `some`, the next key, the interval of `every`; and
  /// how many keys at the start of the unfinished tile are open to all its queries.
  int interval;

  int next;
  int open;
  int openRows;

  /// The keys of the current tile, and where they start in the packed keys and values.
  int rows;

  final int[] keys = new int[TILE];
  int kStart;
  int vStart;
  int[] kRows = new int[0];
  int[] vRows = new int[0];
  private final int[] scatteredK = new int[TILE];
  private final int[] scatteredV = new int[TILE];
  private final int[] evenK = new int[TILE];
  private final int[] evenV = new int[TILE];

  /// The keys of the tile that are not open to all, and which lanes may attend each.
  final int[] asked = new int[TILE];

  final long[] bits = new long[TILE];

  /// For each lane, how many keys of the tile there are up to the last that it may attend.
  final int[] reach = new int[MAX_PANEL];

  final long[] groupBits = new long[TILE];
  final Intervals some = new Intervals();
  final Intervals every = new Intervals();
  final Intervals other = new Intervals();
  final Intervals joined = new Intervals();
  final Intervals joinedEvery = new Intervals();
  final ScopeTiles.Scratch scope = new ScopeTiles.Scratch();
  final TopKeys top = new TopKeys();
  float[] pooled = new float[0];

  /// What normalizers of whole rows work in.
  final WholeRows.Space whole = new WholeRows.Space();

  /// Packed keys and values, where this worker packs for itself.
  final PackedHead own = new PackedHead();

  /// The first panel of a worker.
  Panel() {
    s = new float[(TILE + 2) * MAX_PANEL];
  }

  /// A further panel of the same worker.
  Panel(Panel first) {
    s = first.s;
  }

  /// Starts with the first key again.
  void rewind() {
    interval = 0;
    next = 0;
    open = 0;
    openRows = 0;
    rows = 0;
  }

  /// Adds keys `from` to `to` - 1 to the tile, of which `openTo` - `from` are open to all queries.
  void take(int from, int to, int openTo) {
    if (openRows == rows) {
      openRows += Math.clamp(openTo - from, 0, to - from);
    }
    for (int key = from; key < to; key++) {
      keys[rows++] = key;
    }
  }

  /// Copies the keys of the tile behind the open ones to `asked`, and says how many they are.
  int ask() {
    System.arraycopy(keys, openRows, asked, 0, rows - openRows);
    return rows - openRows;
  }

  /// Drops those of `count` keys of `asked` that `bits` opens to no query.
  void keep(int count) {
    int kept = 0;
    for (int row = 0; row < count; row++) {
      if (bits[row] != 0) {
        bits[kept] = bits[row];
        keys[openRows + kept] = asked[row];
        kept++;
      }
    }
    rows = openRows + kept;
  }

  /// Finds for each query how many keys of the tile there are up to the last that it may attend.
  void findReach() {
    Arrays.fill(reach, 0, lanes, openRows);
    long missing = ScopeTiles.lowest(lanes);
    for (int row = rows - 1; row >= openRows && missing != 0; row--) {
      long found = bits[row - openRows] & missing;
      missing &= ~found;
      for (; found != 0; found &= found - 1) {
        reach[Long.numberOfTrailingZeros(found)] = row + 1;
      }
    }
  }

  /// Starts a panel of `count` lanes.
  void start(int batchEntry, int count) {
    batch = batchEntry;
    groups = 0;
    lanes = 0;
    vectors = Lanes.vectors(count);
    width = vectors * LENGTH;
  }

  /// Adds neighbouring queries of one head.
  void add(int head, int first, int count) {
    groupHead[groups] = head;
    groupFirst[groups] = first;
    groupCount[groups] = count;
    groupLane[groups] = lanes;
    groups++;
    lanes += count;
  }

  /// Finds where the keys of the tile start; neighbours, the usual case, without a product for
  /// each.
  void locate(int depth, int columns) {
    if (keys[rows - 1] - keys[0] == rows - 1) {
      kStart = keys[0] * depth;
      vStart = keys[0] * columns;
      kRows = evenK;
      vRows = evenV;
      if (rows % Lanes.BLOCK != 0) {
        System.arraycopy(evenK, 0, scatteredK, 0, rows);
        kRows = scatteredK;
        fillBlock();
      }
      return;
    }
    kStart = 0;
    vStart = 0;
    kRows = scatteredK;
    vRows = scatteredV;
    for (int row = 0; row < rows; row++) {
      kRows[row] = keys[row] * depth;
      vRows[row] = keys[row] * columns;
    }
    fillBlock();
  }

  /// A block of rows is always whole: there may be no key behind the last.
  private void fillBlock() {
    for (int row = rows; row < Lanes.roundUp(rows, Lanes.BLOCK); row++) {
      kRows[row] = kRows[0];
    }
  }

  /// Makes room for vectors of these sizes.
  void reserve(int depth, int columns, int widest) {
    // Squares are transposed whole.
    int deep = Lanes.roundUp(depth, LENGTH);
    if (q.length < deep * MAX_PANEL) {
      q = new float[deep * MAX_PANEL];
      square = new float[deep * LENGTH];
    }
    if (o.length < columns * (MAX_PANEL + ValueKernel.MARGIN)) {
      o = new float[columns * (MAX_PANEL + ValueKernel.MARGIN)];
    }
    if (evenK[1] != depth || evenV[1] != columns) {
      for (int row = 0; row < TILE; row++) {
        evenK[row] = row * depth;
        evenV[row] = row * columns;
      }
    }
    if (vector.length < widest) {
      vector = new float[widest];
      transformed = new float[Lanes.roundUp(widest, LENGTH)];
      rowsOfLanes =
          Arena.ofAuto().allocate(4L * Lanes.roundUp(widest, LENGTH) * MAX_PANEL, 4L * LENGTH);
    }
  }
}
