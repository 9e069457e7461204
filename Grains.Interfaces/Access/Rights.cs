namespace Cmud.Grains.Interfaces.Access;

/// <summary>What a token may do with keys.</summary>
[Flags]
public enum Rights
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Read a key.</summary>
    Get = 1,

    /// <summary>List keys.</summary>
    List = 2,

    /// <summary>Set a key.</summary>
    Put = 4,

    /// <summary>Delete a key.</summary>
    Delete = 8,

    /// <summary>Watch keys.</summary>
    Watch = 16,

    /// <summary>Set a key that is absent at the server which is asked, once: whoever writes it elsewhere at the same time may win.</summary>
    Create = 32,

    /// <summary>Set a key that lies above every other of the scope's prefix at the server which is asked.</summary>
    Append = 64,

    /// <summary>Read what the server says of itself: its metrics.</summary>
    Admin = 128,
}
