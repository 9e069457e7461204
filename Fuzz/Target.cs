namespace Cmud.Fuzz;

/// <summary>What strangers' bytes come to first.</summary>
/// <param name="Name">On the command line.</param>
/// <param name="Try">Throws where what must hold of all bytes does not hold of these.</param>
/// <param name="Seeds">Inputs to begin with; made when they are asked for, since code that counts its branches can run only below afl-fuzz.</param>
internal sealed record Target(string Name, Action<byte[]> Try, Func<IReadOnlyList<byte[]>> Seeds)
{
    public static readonly IReadOnlyList<Target> All =
    [
        new("resp", RespTarget.Try, RespTarget.Seeds),
        new("frame", FrameTarget.Try, FrameTarget.Seeds),
        new("http", HttpTarget.Try, HttpTarget.Seeds),
    ];

    public static Target? Find(string name) => All.FirstOrDefault(one => one.Name == name);

    /// <summary>Throws where something does not hold.</summary>
    public static void Assert(bool holds, string otherwise)
    {
        if (!holds) throw new InvalidOperationException(otherwise);
    }
}
