using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Cmud.Replication.Watch;

/// <summary>How far a watcher was told, so that any replica can go on from there. Servers keep nothing for a watcher.</summary>
/// <param name="Life">The change feed that told it: of one query grain, from its activation to its end.</param>
/// <param name="Number">The last change of that feed that it was told, or that a walk began after.</param>
/// <param name="Told">What it knows with that; while a walk lasts, with the rest of the walk.</param>
/// <param name="Walk">The walk over all keys that it is in; null where there is none.</param>
public sealed record WatchPosition(ulong Life, ulong Number, Coverage Told, WatchWalk? Walk)
{
    /// <summary>Most bytes of the packed form.</summary>
    public const int MaxBytes = 2 + 8 + 8 + (2 * (8 + 2 + (Coverage.MaxOrigins * FloorBytes))) + 2 + Door.MaxKeyBytes;

    private const byte Version = 1;
    private const int FloorBytes = 24;

    /// <summary>As it travels, and as others keep it: of no meaning to them.</summary>
    public byte[] Pack()
    {
        var size = 2 + 16 + SizeOf(Told) + (Walk is null ? 0 : SizeOf(Walk.Skip) + 2 + Walk.Cursor.Length);
        var writer = new Writer(new byte[size]);
        writer.Byte(Version);
        writer.Byte(Walk is null ? (byte)0 : (byte)1);
        writer.UInt64(Life);
        writer.UInt64(Number);
        writer.Coverage(Told);
        if (Walk is not null)
        {
            writer.Coverage(Walk.Skip);
            writer.Bytes(Walk.Cursor);
        }

        return writer.Packed;
    }

    /// <summary>Reads the packed form, which anybody may have made: false where it is none.</summary>
    public static bool TryUnpack(ReadOnlySpan<byte> packed, [NotNullWhen(true)] out WatchPosition? position)
    {
        position = null;
        if (packed.Length > MaxBytes) return false;

        var reader = new Reader(packed);
        if (!reader.TryByte(out var version) || version != Version || !reader.TryByte(out var hasWalk) || hasWalk > 1
            || !reader.TryUInt64(out var life) || !reader.TryUInt64(out var number) || !reader.TryCoverage(out var told)) return false;

        WatchWalk? walk = null;
        if (hasWalk == 1)
        {
            if (!reader.TryCoverage(out var skip) || !reader.TryBytes(out var cursor)) return false;
            walk = new(cursor, skip);
        }

        if (!reader.IsAtEnd) return false;

        position = new(life, number, told, walk);
        return true;
    }

    private static int SizeOf(Coverage coverage) => 8 + 2 + (coverage.Floors.Count * FloorBytes);

    private ref struct Writer(byte[] packed)
    {
        private int _at;

        public readonly byte[] Packed => packed;

        public void Byte(byte value) => packed[_at++] = value;

        public void UInt64(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(packed.AsSpan(_at), value);
            _at += 8;
        }

        public void Coverage(Coverage coverage)
        {
            UInt64(coverage.PurgeFloor.Value);
            Count(coverage.Floors.Count);
            foreach (var floor in coverage.Floors)
            {
                UInt64(floor.Origin.Server.Value);
                UInt64(floor.Origin.Incarnation);
                UInt64(floor.Sequence);
            }
        }

        public void Bytes(byte[] bytes)
        {
            Count(bytes.Length);
            bytes.CopyTo(packed, _at);
            _at += bytes.Length;
        }

        private void Count(int count)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(packed.AsSpan(_at), (ushort)count);
            _at += 2;
        }
    }

    private ref struct Reader(ReadOnlySpan<byte> left)
    {
        private ReadOnlySpan<byte> _left = left;

        public readonly bool IsAtEnd => _left.IsEmpty;

        public bool TryByte(out byte value)
        {
            value = 0;
            if (_left.IsEmpty) return false;

            value = _left[0];
            _left = _left[1..];
            return true;
        }

        public bool TryUInt64(out ulong value)
        {
            if (!BinaryPrimitives.TryReadUInt64LittleEndian(_left, out value)) return false;

            _left = _left[8..];
            return true;
        }

        public bool TryCoverage([NotNullWhen(true)] out Coverage? coverage)
        {
            coverage = null;
            if (!TryUInt64(out var purgeFloor) || !TryCount(out var count) || count > Watch.Coverage.MaxOrigins || _left.Length < count * FloorBytes) return false;

            var floors = new OriginFloor[count];
            for (var i = 0; i < count; i++)
            {
                TryUInt64(out var server);
                TryUInt64(out var incarnation);
                TryUInt64(out var sequence);
                floors[i] = new(new(new(server), incarnation), sequence);
            }

            coverage = new(floors, new(purgeFloor));
            return true;
        }

        public bool TryBytes([NotNullWhen(true)] out byte[]? bytes)
        {
            bytes = null;
            if (!TryCount(out var count) || count > Door.MaxKeyBytes || _left.Length < count) return false;

            bytes = _left[..count].ToArray();
            _left = _left[count..];
            return true;
        }

        private bool TryCount(out int count)
        {
            var isThere = BinaryPrimitives.TryReadUInt16LittleEndian(_left, out var read);
            count = read;
            if (isThere) _left = _left[2..];
            return isThere;
        }
    }
}

/// <summary>A walk over the keys of a prefix, in order, which tells a watcher what a coverage that it has leaves out.</summary>
/// <param name="Cursor">The last key that was passed; empty before the first.</param>
/// <param name="Skip">What it knew before; <see cref="Coverage.None"/> where it is told all.</param>
public sealed record WatchWalk(byte[] Cursor, Coverage Skip)
{
    /// <summary>Whether all that is there is told, to one who is to forget what else it knew: deletes need not be told then.</summary>
    public bool IsWhole => Skip.Floors.Count == 0;
}
