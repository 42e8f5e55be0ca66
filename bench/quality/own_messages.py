"""own_messages.py - messages that no package has: letters with strokes and ligatures, and scripts without spaces."""

STROKES = {
    "Danish": [
        "Færgen sejler over Øresund, når blæsten løjer af",
        "Børnene løber gennem skoven og plukker brombær",
        "Vi spiser smørrebrød med røget ål og rødløg",
        "Lærerne får mere i løn fra næste måned",
        "Min nabo sælger æbler og pærer på torvet hver lørdag",
        "Sønderjylland får nye cykelstier langs åen",
        "En rød kjole hænger på tørresnoren i gården",
        "Hun købte en brødrister og et køkkenur til værelset",
        "Sneen ligger højt på marken bag møllen",
        "Rundkørslen ved Nørrebro bliver spærret hele ugen",
    ],
    "Icelandic": [
        "Það er þoka yfir Þingvöllum í dag",
        "Börnin léku sér í garðinum þangað til dimmdi",
        "Veðrið á Norðurlandi verður slæmt um helgina",
        "Eldgosið á Reykjanesi sást víða að",
        "Þórsmörk er falleg á haustin þegar laufin falla",
        "Við borðuðum saltfisk og kartöflur í hádeginu",
        "Ljósmæður og læknar sömdu um laun",
        "Hraðbrautin er lokuð vegna ófærðar á heiðinni",
        "Æðarvarp gekk vel í eyjunum þetta sumar",
        "Rithöfundurinn kynnti skáldsögu sína á bókasafninu",
    ],
    "Vietnamese": [
        "Đường phố Đà Nẵng đông đúc vào buổi tối",
        "Tôi đang đọc sách bên cửa sổ của quán cà phê",
        "Đồng hồ trên tường đã dừng từ hôm qua",
        "Chúng tôi đến trường bằng xe đạp điện",
        "Điện thoại mới đắt hơn điện thoại cũ",
        "Đêm nay trời đầy sao trên cánh đồng",
        "Đội bóng đá đỏ giành được huy chương đồng",
        "Bà ngoại nấu phở đậm đà nhất làng",
    ],
    "Norwegian": [
        "Fjorden ligger blå og stille før stormen",
        "Bøndene høster bygg og hvete på Jæren",
        "Nøkkelen ligger under blomsterkrukken ved døra",
        "Hytta på Røros er kald når ovnen slukker",
        "Skøytebanen åpner så snart isen bærer",
        "Gjærbaksten hever best ved ovnskroken",
        "Sjøfolkene sang viser mens de børstet dekket",
    ],
    "Croatian": [
        "Mlađi brat vozi bicikl niz strmu cestu",
        "Đurđica i ljubičice cvjetaju u svibnju",
        "Međunarodni kolodvor bit će obnovljen dogodine",
        "Građani traže pješačku zonu uz rijeku",
        "Anđela priređuje večeru za rođake iz Osijeka",
        "Između dviju kuća raste stara smokva",
        "Tvrđava iznad grada otvorena je nedjeljom",
    ],
    "Turkish": [
        "Işıklar söndü ve sınıfta kimse kalmadı",
        "Kırmızı balıklar ırmağın kıyısında yüzüyor",
        "Balıkçı fırtınada kıyıya sığındı",
        "Yarın sabah çarşıda taze ıspanak satılacak",
        "Kardeşim ıhlamur çayını ılık sever",
        "Diyarbakır yolunda karpuz satıcısı bekliyor",
        "İstanbul sokaklarında kış hazırlığı başladı",
    ],
    "Maltese": [
        "Il-ħanut tal-ħobż jagħlaq kmieni llejla",
        "Sħabi marru jgħumu fil-bajja ta' Għajn Tuffieħa",
        "Raħal żgħir fuq l-għolja ħdejn il-baħar",
        "It-tifla ħabbet il-ħrejjef tan-nanna",
    ],
    "French": [
        "Ma sœur a mis les œillets dans un vase bleu",
        "Un cœur de bœuf et des œufs pour le déjeuner",
        "Les manœuvres du voilier ont duré jusqu'au soir",
        "Le chef-d'œuvre disparu était derrière l'armoire",
        "Le fœtus et le nœud coulant, drôle de titre pour un roman",
    ],
}

# What is searched, and the meow that has it in the middle of a run.
RUNS = [
    # Thai
    ("กรุงเทพ", "ฉันรักกรุงเทพมหานครมากที่สุด"),
    ("ทะเล", "พรุ่งนี้เราจะไปเที่ยวทะเลกับเพื่อน"),
    ("ฝนตก", "วันนี้ฝนตกหนักมากจนรถติด"),
    ("หนังสือ", "แม่ซื้อหนังสือเล่มใหม่ให้ลูก"),
    ("แมว", "ข้างบ้านมีแมวสีดำสองตัว"),
    ("อร่อย", "ส้มตำร้านนี้อร่อยมากจริงๆ"),
    # Lao
    ("ລາວ", "ພາສາລາວສວຢງາມ"),
    ("ວຽງຈັນ", "ຂ້ອຍຢູ່ນະຄອນຫຼວງວຽງຈັນມາດົນແລ້ວ"),
    ("ເຂົ້າ", "ພວກເຮົາກິນເຂົ້າໜຽວທຸກມື້"),
    # Khmer
    ("ខ្មែរ", "ភាសាខ្មែរល្អ"),
    ("ភ្នំពេញ", "ខ្ញុំរស់នៅភ្នំពេញជាមួយគ្រួសារ"),
    ("សាលា", "កូនៗទៅសាលារៀនរាល់ថ្ងៃ"),
    # Burmese
    ("မြန်မာ", "ကျွန်တော်မြန်မာစာဖတ်တယ်"),
    ("ရန်ကုန်", "မနက်ဖြန်ရန်ကုန်မြို့ကိုသွားမယ်"),
    ("ထမင်း", "ညနေကထမင်းစားပြီးပြီ"),
    # Han
    ("黒猫", "小さな黒猫がいる"),
    ("图书馆", "明天下午我们去图书馆看书"),
    ("天气", "今天北京的天气很好"),
    ("火車", "我們坐火車去台南旅行"),
    ("咖啡", "她每天早上喝一杯咖啡再上班"),
    # Kana
    ("フォン", "スマートフォンケース"),
    ("カメラ", "デジタルカメラバッグを買った"),
    ("りんご", "あまいりんごがたべたい"),
    ("ひまわり", "にわのひまわりがさいた"),
    ("サッカー", "プロサッカーチームの試合"),
    # Hangul
    ("민국", "대한민국만세"),
    ("도서관", "내일시립도서관에서 만나자"),
    ("고양이", "길고양이들이 지붕 위에 있다"),
    ("커피", "아이스커피한잔 주세요"),
]
