using System.Globalization;
using System.Text.Json;
using Cmud.Replication;

namespace Cmud.Silo.Journal;

/// <summary>The directory of one server: who it is (server.json), a lock, and the journal's files. Held by one process at a time.</summary>
/// <remarks>
/// server.json is for people, and catches directories that were mixed up. It is not what a crash must spare: the journal knows the server's
/// id too, and a missing server.json is written again from there.
/// </remarks>
public sealed class DataDirectory : IDisposable
{
    /// <summary>The layout that this code writes, and the greatest that it reads.</summary>
    public const int Format = 1;

    /// <summary>The file that says who the server is.</summary>
    internal const string IdentityFile = "server.json";

    /// <summary>The directory of the journal's files.</summary>
    internal const string JournalName = "journal";

    private const string LockFile = "lock";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private readonly FileStream _lock;
    private readonly Identity? _identity;

    private DataDirectory(string path, FileStream held, Identity? identity)
    {
        Path = path;
        _lock = held;
        _identity = identity;
    }

    /// <summary>The directory, as a full path.</summary>
    public string Path { get; }

    /// <summary>Where the journal keeps its files.</summary>
    public string JournalPath => System.IO.Path.Combine(Path, JournalName);

    /// <summary>The server that server.json names; null where there is no such file.</summary>
    public ServerId? Server { get; private init; }

    /// <summary>Opens a directory, and makes it where there is none.</summary>
    /// <exception cref="DataDirectoryException">It cannot be used: no directory, not writable, in use, of a newer format, or unreadable.</exception>
    public static DataDirectory Open(string path)
    {
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        FileStream? held = null;
        try
        {
            Directory.CreateDirectory(full);
            held = Hold(full);
            var identity = Read(full);
            return new(full, held, identity) { Server = identity is null ? null : IdOf(full, identity) };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or DataDirectoryException)
        {
            held?.Dispose();
            if (e is DataDirectoryException) throw;
            throw new DataDirectoryException($"The data directory {full} cannot be used ({Reason(e)}); give a directory that this user may write with --data DIR, or --ephemeral to keep everything in memory.", e);
        }
    }

    /// <summary>Writes server.json where it does not say so already.</summary>
    /// <exception cref="DataDirectoryException">It cannot be written.</exception>
    public void Identify(ServerId server, string name)
    {
        var identity = new Identity(Format, server.ToString(), name);
        if (identity == _identity) return;

        var (file, draft) = (In(Path, IdentityFile), In(Path, IdentityFile + ".new"));
        try
        {
            // A file that is replaced as a whole is never half of one.
            File.WriteAllText(draft, JsonSerializer.Serialize(identity, Json) + "\n");
            File.Move(draft, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataDirectoryException($"{file} cannot be written ({Reason(e)}); make room, or let this user write in the data directory.", e);
        }
    }

    /// <summary>Lets another process have it.</summary>
    public void Dispose() => _lock.Dispose();

    /// <summary>What a system call says of itself, without the path that the sentence around it names.</summary>
    private static string Reason(Exception e) => e.Message.ReplaceLineEndings(" ").TrimEnd('.', ' ');

    private static FileStream Hold(string directory)
    {
        try
        {
            // On Linux an advisory lock of the whole file, which ends with the process, however that ends.
            return new(In(directory, LockFile), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.GetType() == typeof(IOException) && File.Exists(In(directory, LockFile)) && !Directory.Exists(In(directory, LockFile)))
        {
            throw new DataDirectoryException($"The data directory {directory} is in use by another server; stop that one, or give this one its own with --data DIR or another --name.", e);
        }
    }

    private static Identity? Read(string directory)
    {
        var file = In(directory, IdentityFile);
        if (!File.Exists(file)) return null;

        try
        {
            var identity = JsonSerializer.Deserialize<Identity>(File.ReadAllText(file), Json);
            if (identity is { Format: > Format })
                throw new DataDirectoryException($"The data directory {directory} has format {identity.Format}, written by a newer version of the server, but this one reads up to format {Format}; start it with that version.");
            if (identity is { Format: > 0, Server: not null }) return identity;
        }
        catch (JsonException)
        {
            // Said below, as for any other content that names no server.
        }

        throw Unreadable(file);
    }

    private static ServerId IdOf(string directory, Identity identity) =>
        identity.Server.Length == 16 && ulong.TryParse(identity.Server, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var id) && id != 0
            ? new(id)
            : throw Unreadable(In(directory, IdentityFile));

    private static DataDirectoryException Unreadable(string file) =>
        new($"{file} does not say which server the data belongs to; restore it from a backup, or delete it if the journal beside it is this server's: it is then written again.");

    private static string In(string directory, string file) => System.IO.Path.Combine(directory, file);

    /// <param name="Format">The layout of the directory.</param>
    /// <param name="Server">The server's id: 16 hexadecimal digits.</param>
    /// <param name="Name">Its label at the last start.</param>
    private sealed record Identity(int Format, string Server, string Name);
}
