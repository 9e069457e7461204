using System.Text;
using Cmud.Replication;
using CsCheck;

namespace Cmud.Tests.Unit;

/// <summary>Keys, stamps and entries for tests, and generators of them in which ties are common.</summary>
internal static class Writes
{
    /// <summary>Three times, two servers in two lives each, two grains: among ten writes some share a time, some a time and an origin, some everything.</summary>
    public static readonly Gen<Stamp> Stamps = Gen.Select(
        Gen.ULong[1, 3], Gen.ULong[1, 2], Gen.ULong[1, 2], Gen.UShort[0, 1], (time, server, life, grain) => StampOf(time, server, life, grain));

    /// <summary>Two writes with wholly equal stamps are the same write, so everything else follows from key and stamp.</summary>
    public static Gen<Entry> Of(params string[] keys) => Gen.Select(Gen.OneOf(keys), Stamps, WriteOf);

    public static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    public static Stamp StampOf(ulong time, ulong server = 1, ulong life = 1, ushort grain = 0) =>
        new(new HybridTimestamp(time), new Origin(new ServerId(server), life), grain);

    public static Entry Put(string key, string value, ulong time, long expiry = Entry.Never) =>
        new(Bytes(key), Bytes(value), StampOf(time), sequence: time, expiry);

    public static Entry Delete(string key, ulong time) => new(Bytes(key), null, StampOf(time), sequence: time);

    /// <summary>The one write of this stamp to this key: every third is a delete.</summary>
    private static Entry WriteOf(string key, Stamp stamp)
    {
        var isDelete = (stamp.Time.Value + stamp.Origin.Server.Value + stamp.Origin.Incarnation + stamp.Grain) % 3 == 0;
        return new Entry(Bytes(key), isDelete ? null : Bytes($"{key} as of {stamp}"), stamp, sequence: stamp.Time.Value);
    }
}
